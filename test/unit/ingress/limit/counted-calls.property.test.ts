import { expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { type CountedCall, createCountedCalls } from '../../../../ingress/limit/counted-calls.ts'

const MAX = 5

const step = fc.oneof(
  fc.record({
    do: fc.constant('begin' as const),
    key: fc.integer({ min: 0, max: 8 }),
    lasts: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({ do: fc.constant('end' as const), at: fc.nat(30) }),
  fc.record({ do: fc.constant('endKey' as const), key: fc.integer({ min: 0, max: 8 }) }),
  fc.record({ do: fc.constant('sweep' as const) }),
)

it('never counts below zero or beyond its room, and counts nothing after all calls have ended', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const calls = createCountedCalls(MAX)
      const counts = [{ active: 0 }, { active: 0 }]
      const begun: CountedCall[] = []
      for (const [now, one] of steps.entries()) {
        if (one.do === 'begin')
          begun.push(...[calls.begin(one.key, counts, now + one.lasts)].filter((call) => call !== undefined))
        else if (one.do === 'end') for (const call of begun.slice(one.at, one.at + 1)) calls.end(call)
        else if (one.do === 'endKey') calls.endKey(one.key)
        else calls.sweep(now)
        for (const { active } of counts) expect(active).toBeGreaterThanOrEqual(calls.size)
        expect(calls.size).toBeLessThanOrEqual(MAX)
        if (calls.size === 0) expect(counts).toEqual([{ active: 0 }, { active: 0 }])
      }
      calls.sweep(1000)
      calls.sweep(1000)
      expect([calls.size, ...counts.map(({ active }) => active)]).toEqual([0, 0, 0])
    }),
  )
})
