/**
 * What calls have shown about one address of a backend: whether new calls should be sent there. Pure: time is a parameter, in
 * monotonic milliseconds. An address of which nothing bad is known has no state (undefined), and costs nothing.
 */
import {
  CALLERS_TO_EJECT,
  FIRST_EJECTION_MS,
  FORGET_EJECTIONS_MS,
  MAX_EJECTION_MS,
  SLOW_START_MS,
  SLOW_START_SHARE,
  TIMEOUTS_TO_EJECT,
  TRIAL_MS,
  UNAVAILABLE_TO_EJECT,
} from './limits.ts'

/** Why an address was ejected. `unavailable`: it sent 503. */
export type EjectionReason = 'transport' | 'timeout' | 'unavailable'

/**
 * `up`: calls are sent. `ejected`: calls go elsewhere. `trying`: one call tries the address, all others go elsewhere.
 * `slow-start`: the address is back and gets a growing share of its calls.
 */
export type AddressPhase = 'up' | 'ejected' | 'trying' | 'slow-start'

export interface AddressState {
  readonly phase: AddressPhase
  /** When the phase began. What a call shows that began earlier is old news. `up` after a slow start keeps its begin. */
  readonly since: number
  /**
   * When the time of the phase ends. After it, an ejected address is due for a trial, a trial counts as gone, a slow start is
   * over, and an address that is up forgets its ejections.
   */
  readonly until: number
  /** The number of ejections in a row. */
  readonly ejections: number
  /** Why the address was ejected. Undefined before the first ejection. */
  readonly reason: EjectionReason | undefined
  /** Time-outs in a row, and 503 in a row. */
  readonly timeouts: number
  readonly unavailable: number
  /** The callers for whom the 503 were sent, at most `CALLERS_TO_EJECT` of them. */
  readonly callers: readonly string[]
}

/** A fact about the address that a call has found. `beganAt`: when the attempt began. */
export type AddressInput =
  /** An attempt begins now. */
  | { readonly type: 'began' }
  /** The address has answered: any response other than 503. */
  | { readonly type: 'answered'; readonly beganAt: number }
  /** A 503 or a time-out that must not count, because the rule says so. It is still a sign of life if `alive`. */
  | { readonly type: 'spared'; readonly beganAt: number; readonly alive: boolean }
  | {
      readonly type: 'failed'
      readonly beganAt: number
      readonly reason: EjectionReason
      /** Who called, for whom a 503 was sent. Two calls with the same text count as one caller. */
      readonly caller: string
    }

type InputType = AddressInput['type']
type Input<T extends InputType> = Extract<AddressInput, { type: T }>
type State = AddressState | undefined

const CLEAN: AddressState = {
  phase: 'up',
  since: Number.NEGATIVE_INFINITY,
  until: Number.NEGATIVE_INFINITY,
  ejections: 0,
  reason: undefined,
  timeouts: 0,
  unavailable: 0,
  callers: [],
}

type Transition<T extends InputType> = (state: AddressState, input: Input<T>, now: number) => State

/** The transitions. An input that came too late for its phase does not reach them. */
const TRANSITIONS: { readonly [P in AddressPhase]: { readonly [T in InputType]: Transition<T> } } = {
  up: { began: same, answered: reset, spared: same, failed: countFailure },
  ejected: { began: tryIfDue, answered: recover, spared: recoverIfAlive, failed: ejectAgainIfDue },
  trying: { began: same, answered: recover, spared: endTrial, failed: judgeTrial },
  'slow-start': { began: same, answered: reset, spared: same, failed: countFailure },
}

/** The state after a fact. Returns the same object if nothing has changed. */
export function addressAfter(before: State, input: AddressInput, now: number): State {
  const state = addressAt(before, now) ?? CLEAN
  if ('beganAt' in input && input.beganAt < state.since) return before
  const next = stepped(state, input, now)
  return next === CLEAN ? undefined : next
}

function stepped(state: AddressState, input: AddressInput, now: number): State {
  const row = TRANSITIONS[state.phase]
  switch (input.type) {
    case 'began':
      return row.began(state, input, now)
    case 'answered':
      return row.answered(state, input, now)
    case 'spared':
      return row.spared(state, input, now)
    case 'failed':
      return row.failed(state, input, now)
  }
}

/** The state at a time at which nothing happens. Undefined: everything is forgotten. */
export function addressAt(state: State, now: number): State {
  if (state === undefined || state.until > now) return state
  switch (state.phase) {
    case 'ejected':
      return state
    case 'trying':
      return { ...state, phase: 'ejected', until: now }
    case 'slow-start':
      return addressAt({ ...state, phase: 'up', until: state.until + FORGET_EJECTIONS_MS }, now)
    case 'up':
      if (state.timeouts === 0 && state.unavailable === 0) return undefined
      return state.ejections === 0 ? state : { ...state, ejections: 0, reason: undefined }
  }
}

/** What new calls should do with an address. `due`: its ejection is over, and one call should try it. */
export type AddressVerdict = 'use' | 'due' | 'pass-over'

export function verdictOf(state: State, now: number): AddressVerdict {
  const current = addressAt(state, now)
  if (current === undefined) return 'use'
  switch (current.phase) {
    case 'up':
    case 'slow-start':
      return 'use'
    case 'trying':
      return 'pass-over'
    case 'ejected':
      return current.until <= now ? 'due' : 'pass-over'
  }
}

/** The share of its usual calls that the address should get: 1, or less during a slow start. */
export function shareOf(state: State, now: number): number {
  if (state?.phase !== 'slow-start' || state.until <= now) return 1
  return SLOW_START_SHARE + ((1 - SLOW_START_SHARE) * (now - state.since)) / SLOW_START_MS
}

function recover(state: AddressState, _input: unknown, now: number): State {
  return recovered(state, now)
}

function same(state: AddressState): State {
  return state
}

/** One answer ends every row of failures. */
function reset(state: AddressState): State {
  if (state.ejections === 0) return undefined
  if (state.timeouts === 0 && state.unavailable === 0) return state
  return { ...state, timeouts: 0, unavailable: 0, callers: [] }
}

function countFailure(state: AddressState, input: Input<'failed'>, now: number): State {
  switch (input.reason) {
    case 'transport':
      // A refused connection or an ICMP error leaves no doubt, so the first one is enough.
      return ejected(state, 'transport', now)
    case 'timeout':
      return countTimeout(state, now)
    case 'unavailable':
      return countUnavailable(state, input.caller, now)
  }
}

function countTimeout(state: AddressState, now: number): State {
  const timeouts = state.timeouts + 1
  // An address in its slow start has proved little. So the next time-out is enough.
  const isEnough = timeouts >= TIMEOUTS_TO_EJECT || state.phase === 'slow-start'
  return isEnough ? ejected(state, 'timeout', now) : { ...state, timeouts }
}

function countUnavailable(state: AddressState, caller: string, now: number): State {
  const unavailable = state.unavailable + 1
  const isNew = state.callers.length < CALLERS_TO_EJECT && !state.callers.includes(caller)
  const callers = isNew ? [...state.callers, caller] : state.callers
  const isEnough = unavailable >= UNAVAILABLE_TO_EJECT && callers.length >= CALLERS_TO_EJECT
  return isEnough ? ejected(state, 'unavailable', now) : { ...state, unavailable, callers }
}

function ejected({ ejections }: AddressState, reason: EjectionReason, now: number): State {
  const ms = Math.min(FIRST_EJECTION_MS * 2 ** ejections, MAX_EJECTION_MS)
  return { ...CLEAN, phase: 'ejected', since: now, until: now + ms, ejections: ejections + 1, reason }
}

function tryIfDue(state: AddressState, _input: Input<'began'>, now: number): State {
  return state.until <= now ? { ...state, phase: 'trying', since: now, until: now + TRIAL_MS } : state
}

/** The state of an address that something other than a call has shown to be back: it starts slowly. */
export function recovered(state: State, now: number): AddressState {
  const { ejections, reason } = state ?? CLEAN
  return { ...CLEAN, phase: 'slow-start', since: now, until: now + SLOW_START_MS, ejections, reason }
}

function recoverIfAlive(state: AddressState, input: Input<'spared'>, now: number): State {
  return input.alive ? recover(state, input, now) : state
}

/** A failure before the time is over says what is known already: calls are sent there only because nothing else is left. */
function ejectAgainIfDue(state: AddressState, input: Input<'failed'>, now: number): State {
  return state.until <= now ? judgeTrial(state, input, now) : state
}

/** A call that showed nothing makes place for the next trial. */
function endTrial(state: AddressState, input: Input<'spared'>, now: number): State {
  return input.alive ? recover(state, input, now) : { ...state, phase: 'ejected', until: now }
}

/**
 * A 503 fails the trial only if 503 was the reason. An address that was silent before and now sends 503 is back, and what the
 * 503 means is judged as always.
 */
function judgeTrial(state: AddressState, input: Input<'failed'>, now: number): State {
  if (input.reason !== 'unavailable' || state.reason === 'unavailable') return ejected(state, input.reason, now)
  return countUnavailable(recovered(state, now), input.caller, now)
}
