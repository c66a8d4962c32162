import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { HEADER } from '../../../../../ingress/sip/message/header-name.ts'
import { parseMessage } from '../../../../../ingress/sip/message/parse-message.ts'
import { rewriteMessage } from '../../../../../ingress/sip/message/rewrite-message.ts'
import { SipMessage } from '../../../../../ingress/sip/message/sip-message.ts'
import { inviteText, parsed } from '../../../../support/parsed-message.ts'

describe('a rewritten message', () => {
  it('has the edits, and every other byte in its place (RFC 3261 §16.6 step 1)', () => {
    const message = parsed(
      'INVITE sip:a SIP/2.0\r\nA : 1\r\nMax-Forwards: 5\r\nB:\r\n 2\r\nRoute: <x>\r\n\r\nbody\u00ff',
    )
    const replaced = new Map([
      [message.first(HEADER.maxForwards), 'Max-Forwards: 4\r\n'],
      [message.first(HEADER.route), ''],
    ])
    const edits = { startLine: 'INVITE sip:b SIP/2.0', top: 'Via: v\r\n', replaced, bottom: 'X: y\r\nX: z\r\n' }
    expect(rewriteMessage(message, edits).toString('latin1')).toBe(
      'INVITE sip:b SIP/2.0\r\nVia: v\r\nA : 1\r\nMax-Forwards: 4\r\nB:\r\n 2\r\nX: y\r\nX: z\r\n\r\nbody\u00ff',
    )
  })

  it('without edits is the message itself, less what stood around it', () => {
    const text = inviteText()
    const bytes = Buffer.from(`\r\n\r\n${text}trailing`, 'latin1')
    const message = new SipMessage()
    parseMessage(message, bytes, 0, bytes.length)
    expect(rewriteMessage(message, {}).toString('latin1')).toBe(text)
  })

  it('takes no notice of rows that are not there', () => {
    const message = parsed(inviteText())
    const replaced = new Map([
      [-1, 'A: b\r\n'],
      [99, 'C: d\r\n'],
    ])
    expect(rewriteMessage(message, { replaced }).toString()).toBe(inviteText())
  })

  it('without any header still gets new ones', () => {
    const message = parsed('OPTIONS sip:a SIP/2.0\r\n\r\n')
    expect(rewriteMessage(message, { top: 'A: b\r\n', bottom: 'C: d\r\n' }).toString()).toBe(
      'OPTIONS sip:a SIP/2.0\r\nA: b\r\nC: d\r\n\r\n',
    )
  })
})

describe('any well-formed message', () => {
  const token = fc.stringMatching(/^[A-Za-z0-9.!%*_+`'~-]{1,12}$/)
  const text = fc.stringMatching(/^[ -~]{0,30}$/)
  const fold = fc.constantFrom('', '\r\n ', '\t\r\n\t')
  const line = fc
    .tuple(token, fc.constantFrom(':', ' : ', '\t:'), fold, text, fold, text)
    .map((parts) => parts.join(''))
  const message = fc
    .tuple(token, fc.array(line, { maxLength: 20 }), fc.uint8Array({ maxLength: 50 }))
    .filter(([, lines]) => !lines.some((header) => /^(content-length|l)[ \t]*:/i.test(header)))
    .map(([method, lines, body]) => {
      const head = `${method} sip:a@b SIP/2.0\r\n${lines.map((header) => `${header}\r\n`).join('')}\r\n`
      return Buffer.concat([Buffer.from(head, 'latin1'), body])
    })

  it('comes back byte for byte when it is written without edits', () => {
    fc.assert(
      fc.property(message, (bytes) => {
        const index = new SipMessage()
        expect(parseMessage(index, bytes, 0, bytes.length)).toBeUndefined()
        expect(rewriteMessage(index, {}).equals(bytes)).toBe(true)
        const kept = index.keep()
        expect(kept.bytes.subarray(kept.start, kept.end).equals(bytes)).toBe(true)
      }),
    )
  })

  it('is covered by its rows without a gap', () => {
    fc.assert(
      fc.property(message, (bytes) => {
        const index = new SipMessage()
        parseMessage(index, bytes, 0, bytes.length)
        let at = index.headersStart
        for (let row = 0; row < index.headerCount; row++) {
          expect(index.lineStart(row)).toBe(at)
          at = index.lineEnd(row)
        }
        expect(index.headersEnd).toBe(at)
      }),
    )
  })
})
