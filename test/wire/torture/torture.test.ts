import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { HEADER } from '../../../ingress/sip/message/header-name.ts'
import { parseMessage } from '../../../ingress/sip/message/parse-message.ts'
import { rewriteMessage } from '../../../ingress/sip/message/rewrite-message.ts'
import { SipMessage } from '../../../ingress/sip/message/sip-message.ts'
import { writeResponse } from '../../../ingress/sip/message/write-response.ts'
import { framesOf, verdictOn } from '../../support/message-verdict.ts'

const described = { title: z.string(), note: z.string().optional() }

/** What `expectations.json` says of each fixture; a case that is not one of these three says nothing. */
const expectations = z.strictObject({
  source: z.string(),
  messages: z.record(
    z.string(),
    z.discriminatedUnion('verdict', [
      z.strictObject({
        ...described,
        verdict: z.literal('accept'),
        startLine: z.string(),
        headers: z.number(),
        body: z.number(),
      }),
      z.strictObject({
        ...described,
        verdict: z.literal('refuse'),
        status: z.number(),
        code: z.string(),
        answerable: z.boolean(),
      }),
      z.strictObject({ ...described, verdict: z.literal('drop'), code: z.string() }),
    ]),
  ),
})

const fixtures = new URL('../fixtures/', import.meta.url)

describe.each(['rfc4475', 'rfc5118'])('%s', (corpus) => {
  const folder = new URL(`${corpus}/`, fixtures)
  const { messages } = expectations.parse(JSON.parse(readFileSync(new URL('expectations.json', folder), 'utf8')))
  const cases = Object.entries(messages).map(([file, expected]) => {
    return { file, title: expected.title, expected, bytes: readFileSync(new URL(file, folder)) }
  })

  it('has an expectation for every message and a message for every expectation', () => {
    const files = readdirSync(folder).filter((file) => file !== 'expectations.json')
    expect(files.toSorted()).toEqual(Object.keys(messages).toSorted())
  })

  it.each(cases)('P-10: $file, $title: the verdict is the stated one', ({ bytes, expected }) => {
    expect(expected).toMatchObject(verdictOn(bytes))
  })

  it.each(cases)('$file cut anywhere is never taken for more than what is there', ({ bytes }) => {
    const whole = new SipMessage()
    parseMessage(whole, bytes, 0, bytes.length)
    const lengthKnown = whole.first(HEADER.contentLength) !== -1
    const message = new SipMessage()
    for (let length = 0; length < bytes.length; length++) {
      const { verdict } = verdictOn(bytes.subarray(0, length), message)
      expect(message.end).toBeLessThanOrEqual(length)
      if (verdict === 'accept') expect(length).toBeGreaterThanOrEqual(lengthKnown ? whole.end : whole.bodyStart)
    }
  })

  it.each(cases)('$file on a stream gives the same frames in any two chunks and byte by byte', ({ bytes }) => {
    const whole = framesOf([bytes])
    for (let at = 1; at < bytes.length; at++) {
      expect(framesOf([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole)
    }
    expect(framesOf(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(whole)
  })

  it.each(cases.filter(({ expected }) => expected.verdict === 'accept'))(
    '$file is forwarded byte for byte where nothing is changed',
    ({ bytes }) => {
      const message = new SipMessage()
      parseMessage(message, bytes, 0, bytes.length)
      expect(rewriteMessage(message, {}).equals(bytes.subarray(0, message.end))).toBe(true)
    },
  )

  it.each(cases.filter(({ expected }) => expected.verdict === 'refuse' && expected.answerable))(
    '$file is refused with a response that parses and carries the Call-ID of the request',
    ({ bytes }) => {
      const request = new SipMessage()
      const response = new SipMessage()
      parseMessage(request, bytes, 0, bytes.length)
      const written = writeResponse(request, { status: 400, reason: 'Bad Request', toTag: 't', received: '192.0.2.1' })
      expect(parseMessage(response, written, 0, written.length)).toBeUndefined()
      expect(response.values('Call-ID')).toEqual([request.value(request.first(HEADER.callId))])
    },
  )
})
