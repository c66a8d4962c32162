import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { callMembers } from '../../../../ingress/log/call-line.ts'
import { jsonText } from '../../../../ingress/log/json-text.ts'
import { lineTime } from '../../../../ingress/log/line-time.ts'
import { callDecided, callSource } from '../../../support/call-event.ts'

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
const part = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom('"', '\\', '\u007f', '\u2028', '\ud83d', '\n'),
)
const text = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''))

describe('a text as JSON', () => {
  it('says what it said before, and is printable', () => {
    fc.assert(
      fc.property(text, (value) => {
        const json = jsonText(value)
        expect(JSON.parse(json)).toBe(value)
        expect(json).not.toMatch(UNPRINTABLE)
      }),
    )
  })
})

describe('the time of a line', () => {
  it('is in ISO 8601, before and after 1970 and at each turn of a second', () => {
    const time = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 })
    fc.assert(
      fc.property(time, fc.constantFrom(0, 1, 9, 10, 99, 100, 999, 1000), (start, later) => {
        fc.pre(start + later <= 253_402_300_799_999)
        for (const at of [start, start + later]) expect(lineTime(at)).toBe(new Date(at).toISOString())
      }),
    )
  })
})

describe("the members of a call's line", () => {
  it('are one object whatever the call says, with the texts unchanged', () => {
    const short = text.map((value) => value.slice(0, 200))
    const attempt = fc.record({
      backend: short,
      place: short,
      result: fc.constantFrom('answered' as const, 'unfinished' as const),
      status: fc.integer({ min: 0, max: 699 }),
      beganAt: fc.constantFrom(1, 2.5),
      endedAt: fc.constantFrom(3, 1000.125),
    })
    const passed = fc.record({ backend: short, result: fc.constant('paused' as const) })
    const drawn = fc.record({
      ...{ callId: short, called: short, calling: short, trunk: short, rule: short, backend: short },
      attempts: fc.array(attempt, { maxLength: 3 }),
      passedOver: fc.array(passed, { maxLength: 3 }),
    })
    fc.assert(
      fc.property(drawn, ({ attempts, passedOver, ...texts }) => {
        const members = callMembers(callDecided({ ...texts, attempts, passedOver }))
        expect(members).not.toMatch(UNPRINTABLE)
        const read: Record<string, unknown> = JSON.parse(`{${members}}`)
        expect(read).toMatchObject(texts)
        const tried = attempts.map(({ backend, place, result, status, beganAt, endedAt }) => ({
          ...{ backend, result, status, ms: endedAt - beganAt },
          ...(place === backend ? {} : { endpoint: place }),
        }))
        const told = passedOver.map(({ backend, result }) => ({ backend, result, status: 0, ms: 0 }))
        expect(read['attempts'] ?? []).toEqual([...tried, ...told])
      }),
    )
  })

  it('name the source that was judged', () => {
    const source = { ...callSource('203.0.113.7'), judged: { type: 'none' } as const }
    const read: Record<string, unknown> = JSON.parse(`{${callMembers(callDecided({ source }))}}`)
    expect(read['judgedSource']).toMatch(/^none: /)
  })
})
