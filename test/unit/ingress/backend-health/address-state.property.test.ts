import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import {
  type AddressInput,
  type AddressState,
  addressAfter,
  shareOf,
  verdictOf,
} from '../../../../ingress/backend-health/address-state.ts'
import {
  FORGET_EJECTIONS_MS,
  MAX_EJECTION_MS,
  SLOW_START_MS,
  TRIAL_MS,
} from '../../../../ingress/backend-health/limits.ts'

/** An input, how long after the one before it comes, and how long before it its attempt began. */
const step = fc.record({
  waitMs: fc.oneof(fc.nat(500), fc.nat(100_000)),
  ageMs: fc.oneof(fc.constant(0), fc.nat(40_000)),
  kind: fc.constantFrom('began', 'answered', 'spared', 'dead', 'transport', 'timeout', 'unavailable'),
  caller: fc.constantFrom('a', 'b', 'c'),
})

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function inputOf({ kind, caller }: Step, beganAt: number): AddressInput {
  switch (kind) {
    case 'began':
      return { type: 'began' }
    case 'answered':
      return { type: 'answered', beganAt }
    case 'spared':
    case 'dead':
      return { type: 'spared', beganAt, alive: kind === 'spared' }
    case 'transport':
    case 'timeout':
    case 'unavailable':
      return { type: 'failed', beganAt, reason: kind, caller }
  }
}

/** Calls `look` after each step. Returns the state at the end, and its time. */
function play(steps: readonly Step[], look: (state: AddressState | undefined, now: number) => void = () => undefined) {
  let state: AddressState | undefined
  let now = 0
  for (const one of steps) {
    now += one.waitMs
    state = addressAfter(state, inputOf(one, now - one.ageMs), now)
    look(state, now)
  }
  return { state, now }
}

describe('an address, whatever calls find out about it,', () => {
  it('is never passed over for longer than the limits', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        play(steps, (state, now) => {
          expect(verdictOf(state, now + Math.max(MAX_EJECTION_MS, TRIAL_MS))).not.toBe('pass-over')
        })
      }),
    )
  })

  it('is back after one answered call, and time makes it as good as new', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { state, now } = play(steps)
        const at = now + Math.max(MAX_EJECTION_MS, TRIAL_MS)
        const tried = addressAfter(state, { type: 'began' }, at)
        const back = addressAfter(tried, { type: 'answered', beganAt: at }, at)
        expect(verdictOf(back, at)).toBe('use')
        const later = at + SLOW_START_MS + FORGET_EJECTIONS_MS
        expect(addressAfter(back, { type: 'answered', beganAt: later }, later)).toBeUndefined()
      }),
    )
  })

  it('has a share above 0 and at most 1, which is 1 outside a slow start', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        play(steps, (state, now) => {
          const share = shareOf(state, now)
          expect(share).toBeGreaterThan(0)
          expect(share).toBeLessThanOrEqual(1)
          if (state?.phase !== 'slow-start') expect(share).toBe(1)
        })
      }),
    )
  })

  it('keeps no trace of answers alone', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const good = steps.filter(({ kind }) => kind === 'began' || kind === 'answered')
        expect(play(good).state).toBeUndefined()
      }),
    )
  })
})
