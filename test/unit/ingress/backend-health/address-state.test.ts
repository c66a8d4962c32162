import { describe, expect, it } from '@jest/globals'
import {
  type AddressInput,
  type AddressState,
  addressAfter,
  addressAt,
  type EjectionReason,
  shareOf,
  verdictOf,
} from '../../../../ingress/backend-health/address-state.ts'
import {
  FIRST_EJECTION_MS,
  FORGET_EJECTIONS_MS,
  MAX_EJECTION_MS,
  SLOW_START_MS,
  TRIAL_MS,
} from '../../../../ingress/backend-health/limits.ts'

type State = AddressState | undefined

/** A failure of a call that began when it failed, unless `beganAt` says otherwise. */
const failed = (reason: EjectionReason, caller = 'a', beganAt = Number.POSITIVE_INFINITY): AddressInput => ({
  type: 'failed',
  beganAt,
  reason,
  caller,
})
const answered: AddressInput = { type: 'answered', beganAt: Number.POSITIVE_INFINITY }
const began: AddressInput = { type: 'began' }
const spared = (alive: boolean): AddressInput => ({ type: 'spared', beganAt: Number.POSITIVE_INFINITY, alive })

const after = (before: State, now: number, ...inputs: readonly AddressInput[]): State =>
  inputs.reduce<State>((state, input) => addressAfter(state, input, now), before)

const timeout = failed('timeout')
const refused = failed('transport')
const EJECTED = after(undefined, 0, refused)
/** The same address during its trial, which began when it was due. */
const TRYING = after(EJECTED, FIRST_EJECTION_MS, began)
const BACK = after(TRYING, FIRST_EJECTION_MS, answered)

const unavailable = (...callers: readonly string[]) => callers.map((caller) => failed('unavailable', caller))

describe('an address that is up', () => {
  it.each<[string, readonly AddressInput[], string]>([
    ['an answer', [answered], 'use'],
    ['one refused connection', [refused], 'pass-over'],
    ['two time-outs in a row', [timeout, timeout], 'use'],
    ['three time-outs in a row', [timeout, timeout, timeout], 'pass-over'],
    ['three time-outs with an answer between them', [timeout, timeout, answered, timeout], 'use'],
    ['503 for one caller, however often', unavailable('a', 'a', 'a', 'a', 'a', 'a', 'a', 'a'), 'use'],
    ['503 for two callers', unavailable('a', 'b', 'a', 'b', 'a', 'b', 'a', 'b'), 'use'],
    ['503 for three callers, four times', unavailable('a', 'b', 'c', 'a'), 'use'],
    ['503 for three callers, five times', unavailable('a', 'b', 'c', 'a', 'b'), 'pass-over'],
    [
      '503 for three callers with an answer between them',
      [...unavailable('a', 'b', 'c'), answered, ...unavailable('a', 'b')],
      'use',
    ],
    ['503 and time-outs that the rule spares', [spared(true), spared(false), spared(true), spared(false)], 'use'],
  ])('after %s', (_what, inputs, verdict) => {
    expect(verdictOf(after(undefined, 0, ...inputs), 1)).toBe(verdict)
  })

  it('has no state at all as long as nothing fails', () => {
    expect(after(undefined, 0, began, answered, spared(false))).toBeUndefined()
    expect(after(undefined, 0, timeout, answered)).toBeUndefined()
  })
})

describe('an ejected address', () => {
  it('is passed over until its time is over, and is due then', () => {
    expect(verdictOf(EJECTED, FIRST_EJECTION_MS - 1)).toBe('pass-over')
    expect(verdictOf(EJECTED, FIRST_EJECTION_MS)).toBe('due')
  })

  it('is tried by one call at a time', () => {
    expect(verdictOf(TRYING, FIRST_EJECTION_MS + 1)).toBe('pass-over')
  })

  it('is due again when the call that tried it is never heard of again', () => {
    expect(verdictOf(TRYING, FIRST_EJECTION_MS + TRIAL_MS - 1)).toBe('pass-over')
    expect(verdictOf(TRYING, FIRST_EJECTION_MS + TRIAL_MS)).toBe('due')
  })

  it('is due again when the caller hung up before the trial showed anything', () => {
    expect(verdictOf(after(TRYING, 6_000, spared(false)), 6_000)).toBe('due')
  })

  it('is not tried before its time, and what the calls before it find out is old', () => {
    const late = [failed('timeout', 'a', -1), failed('transport', 'a', -1), { type: 'answered', beganAt: -1 } as const]
    expect(after(EJECTED, 1_000, began, ...late)).toEqual(EJECTED)
  })

  it('is back when a call that had no other choice is answered', () => {
    expect(after(EJECTED, 1_000, answered)?.phase).toBe('slow-start')
  })

  it('stays ejected for twice the time after each trial that fails, up to the limit', () => {
    let state = EJECTED
    const times: number[] = []
    for (let at = FIRST_EJECTION_MS, i = 0; i < 6; i++) {
      state = after(state, at, began, timeout)
      times.push((state?.until ?? 0) - at)
      at = state?.until ?? 0
    }
    expect(times).toEqual([10_000, 20_000, 40_000, MAX_EJECTION_MS, MAX_EJECTION_MS, MAX_EJECTION_MS])
  })

  it('that was silent and now sends 503 is back: the 503 is judged as always', () => {
    expect(after(TRYING, 6_000, failed('unavailable'))).toMatchObject({ phase: 'slow-start', unavailable: 1 })
  })

  it('that sent 503 and sends 503 again stays ejected', () => {
    const busy = after(undefined, 0, ...unavailable('a', 'b', 'c', 'a', 'b'))
    expect(after(busy, FIRST_EJECTION_MS, began, failed('unavailable'))).toMatchObject({
      phase: 'ejected',
      ejections: 2,
    })
  })

  it('is back where a rule that spares 503 gets a 503 from it', () => {
    expect(after(TRYING, 6_000, spared(true))?.phase).toBe('slow-start')
  })
})

describe('an address that is back', () => {
  it('gets a share that grows evenly', () => {
    const shares = [0, 0.5, 1].map((part) => shareOf(BACK, FIRST_EJECTION_MS + part * SLOW_START_MS))
    expect(shares.map((share) => Math.round(share * 100))).toEqual([10, 55, 100])
  })

  it.each([timeout, refused])('is ejected by its next failure, for twice the time', (failure) => {
    expect(after(BACK, 10_000, failure)).toMatchObject({ phase: 'ejected', ejections: 2, until: 20_000 })
  })

  it('is not ejected by a call that began before it was back', () => {
    expect(after(BACK, 10_000, failed('timeout', 'a', FIRST_EJECTION_MS - 1))).toEqual(BACK)
  })

  it('is up after its slow start, remembers its ejections for some minutes, and forgets them then', () => {
    const up = FIRST_EJECTION_MS + SLOW_START_MS
    expect(addressAt(BACK, up)).toMatchObject({ phase: 'up', ejections: 1 })
    expect(after(BACK, up, refused)).toMatchObject({ phase: 'ejected', ejections: 2 })
    expect(addressAt(BACK, up + FORGET_EJECTIONS_MS)).toBeUndefined()
  })
})
