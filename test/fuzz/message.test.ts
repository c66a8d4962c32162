import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { HEADER } from '../../ingress/sip/message/header-name.ts'
import { parseMessage } from '../../ingress/sip/message/parse-message.ts'
import { readRequestFacts } from '../../ingress/sip/message/request-facts.ts'
import { rewriteMessage } from '../../ingress/sip/message/rewrite-message.ts'
import { SipMessage } from '../../ingress/sip/message/sip-message.ts'
import { viaWithSource, writeResponse } from '../../ingress/sip/message/write-response.ts'
import { framesOf, verdictOn } from '../support/message-verdict.ts'
import { inviteText } from '../support/parsed-message.ts'

/** Milliseconds for each property: the search ends then, however many messages it has seen. */
const BUDGET_MS = 1_000

const bounded = { numRuns: 1_000_000, interruptAfterTimeLimit: BUDGET_MS, markInterruptAsFailure: false } as const

const folder = new URL('../wire/fixtures/rfc4475/', import.meta.url)
const seeds = [
  Buffer.from(inviteText(['Route: <sip:a;lr>, <sip:b>', 'Subject: x\r\n y']), 'latin1'),
  ...readdirSync(folder)
    .filter((file) => file.endsWith('.dat'))
    .map((file) => readFileSync(new URL(file, folder))),
]

/** Bytes that mean something to the grammar are tried more often than others. */
const byte = fc.oneof(fc.constantFrom(...Buffer.from('\r\n \t:;,=<>"\\@[]?/%0')), fc.nat(255))

type Mutation = (bytes: Buffer) => Buffer

const splice = (at: number, removed: number, added: Uint8Array) => (bytes: Buffer) => {
  const start = at % (bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, start), added, bytes.subarray(start + removed)])
}

const mutation: fc.Arbitrary<Mutation> = fc
  .tuple(fc.nat(), fc.nat(20), fc.array(byte, { maxLength: 4 }))
  .map(([at, removed, added]) => splice(at, removed, Uint8Array.from(added)))

const mutated = fc
  .tuple(fc.constantFrom(...seeds), fc.array(mutation, { minLength: 1, maxLength: 4 }))
  .map(([seed, mutations]) => {
    let bytes: Buffer = seed
    for (const mutate of mutations) bytes = mutate(bytes)
    return bytes
  })

/** Every offset of the index, in the order in which the parts stand in the message. */
function offsetsOf(message: SipMessage): number[] {
  const rows = Array.from({ length: message.headerCount }, (_, row) => {
    return [
      message.lineStart(row),
      message.nameEnd(row),
      message.valueStart(row),
      message.valueEnd(row),
      message.lineEnd(row),
    ]
  })
  const { start, headersStart, headersEnd, bodyStart, bodyEnd, end } = message
  return [start, headersStart, ...rows.flat(), headersEnd, bodyStart, bodyEnd, end]
}

describe('A message with any bytes changed', () => {
  it('is parsed without an exception, and every offset is in bounds and in order', () => {
    const message = new SipMessage()
    fc.assert(
      fc.property(mutated, fc.nat(3), (bytes, padding) => {
        const padded = Buffer.concat([Buffer.alloc(padding, 'x'), bytes, Buffer.alloc(padding, 'x')])
        const fault = parseMessage(message, padded, padding, bytes.length)
        const offsets = offsetsOf(message)
        expect(offsets).toEqual(offsets.toSorted((a, b) => a - b))
        expect(message.start).toBeGreaterThanOrEqual(padding)
        expect(message.end).toBeLessThanOrEqual(padding + bytes.length)
        if (!fault) expect(rewriteMessage(message, {}).equals(padded.subarray(message.start, message.end))).toBe(true)
      }),
      bounded,
    )
  })

  it('gets a verdict without an exception, and a response that can be parsed', () => {
    const request = new SipMessage()
    const response = new SipMessage()
    fc.assert(
      fc.property(mutated, (bytes) => {
        const verdict = verdictOn(bytes, request)
        const source = { received: '192.0.2.1', rport: 5060 }
        const written = writeResponse(request, { status: 400, reason: 'Bad Request', toTag: 't', ...source })
        if (verdict.verdict !== 'accept') return
        expect(parseMessage(response, written, 0, written.length)).toBeUndefined()
        expect(response.values('Via')).toHaveLength(request.values('Via').length)
      }),
      bounded,
    )
  })

  it('can be answered and forwarded with its source noted where its facts are good', () => {
    const request = new SipMessage()
    const forwarded = new SipMessage()
    fc.assert(
      fc.property(mutated, (bytes) => {
        if (parseMessage(request, bytes, 0, bytes.length) || !request.isRequest) return
        const facts = readRequestFacts(request)
        if ('fault' in facts) return
        const row = request.first(HEADER.via)
        const replaced = new Map([[row, viaWithSource(request, row, { received: '192.0.2.1', rport: 7 })]])
        const copy = rewriteMessage(request, { replaced })
        expect(parseMessage(forwarded, copy, 0, copy.length)).toBeUndefined()
        const again = readRequestFacts(forwarded)
        expect('fault' in again ? again : again.via).toMatchObject({ received: '192.0.2.1', rport: 7 })
        const unmarked = new Map([[row, viaWithSource(request, row, { received: '192.0.2.1' })]])
        const bare = rewriteMessage(request, { replaced: unmarked })
        expect(parseMessage(forwarded, bare, 0, bare.length)).toBeUndefined()
        const left = readRequestFacts(forwarded)
        expect('fault' in left ? left : left.via).toMatchObject({ received: '192.0.2.1', rport: undefined })
      }),
      bounded,
    )
  })

  it('is framed the same in any chunks', () => {
    fc.assert(
      fc.property(mutated, mutated, fc.nat(), (first, second, at) => {
        const bytes = Buffer.concat([first, second])
        const cut = at % (bytes.length + 1)
        expect(framesOf([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(framesOf([bytes]))
      }),
      bounded,
    )
  })
})
