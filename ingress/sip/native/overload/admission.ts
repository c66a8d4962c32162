/**
 * Decides which share of the new calls the kernel lets in while more come than can be served and refused. What is read must have
 * an answer; what can have none must not cost the time of reading it.
 */
import { randomInt } from 'node:crypto'
import type { Clock } from '../../../time/clock.ts'
import type { Intake } from '../transport/transport.ts'
import {
  ADMISSION_MS,
  CALM_LOOKS,
  CAPACITY_WEIGHT,
  FIRST_STEP,
  LEAST_SHARE,
  LEAST_STEP,
  MOST_LEFT,
  MOST_STEP,
  NEAR_CAPACITY,
  OTHER_DIRECTION,
  SAME_DIRECTION,
  SETTLING_LOOKS,
  SLOW_LOOKS,
} from './limits.ts'

export interface AdmissionOptions {
  readonly clock: Clock
  /** Undefined if the kernel cannot drop new calls. Everything is then let in. */
  readonly intake: Intake | undefined
  /** Whether new INVITEs wait in the process. */
  readonly isBehind: () => boolean
  /** Gets the number of datagrams that the kernel has dropped, if there are any. */
  readonly onDropped: (datagrams: number) => void
}

export interface Admission {
  /** An INVITE was served, or got its 503. */
  onHandled(): void
  /** An INVITE over UDP was read and got no answer, because there was no time for one. */
  onLeft(): void
}

interface AdmissionState extends AdmissionOptions {
  readonly intake: Intake
  /** Which calls are let in. It stays the same while the share is below 1, so that the calls stay the same too. */
  seed: number
  share: number
  /** By which part of itself the share was changed last, and whether it became smaller (-1) or larger (1). */
  step: number
  direction: -1 | 1
  /** INVITEs that are handled between two looks while others wait: an average in which the last looks count most. */
  capacity: number
  /** Looks, one after the other, at which nothing waited and nothing was left. */
  calmLooks: number
  /** Looks that are still to pass before the first step has its effect. */
  settlingLooks: number
  isTimed: boolean
  /** INVITEs since the share was looked at last. */
  handled: number
  left: number
}

const SEEDS_END = 2 ** 32

export function createAdmission(options: AdmissionOptions): Admission {
  const { intake } = options
  if (!intake) return { onHandled: () => undefined, onLeft: () => undefined }
  const course = {
    seed: 0,
    share: 1,
    step: 0,
    direction: -1,
    capacity: 0,
    calmLooks: 0,
    settlingLooks: 0,
    isTimed: false,
  } as const
  const state: AdmissionState = { ...options, intake, ...course, handled: 0, left: 0 }
  return {
    onHandled: () => {
      state.handled++
    },
    onLeft: () => {
      state.left++
      watch(state)
    },
  }
}

function watch(state: AdmissionState): void {
  if (state.isTimed) return
  state.isTimed = true
  state.handled = 0
  state.clock.after(ADMISSION_MS, look, state)
}

/** Looks again until everything is let in. */
function look(state: AdmissionState): void {
  const { clock, intake, onDropped } = state
  steer(state)
  state.handled = 0
  state.left = 0
  const datagrams = intake.newlyDropped()
  if (datagrams > 0) onDropped(datagrams)
  state.isTimed = state.share < 1
  if (state.isTimed) clock.after(ADMISSION_MS, look, state)
}

function steer(state: AdmissionState): void {
  const { handled, left, capacity } = state
  const part = left === 0 ? 0 : left / (handled + left)
  const isBusy = part > MOST_LEFT || state.isBehind()
  if (isBusy) state.capacity = capacity === 0 ? handled : capacity + CAPACITY_WEIGHT * (handled - capacity)
  state.calmLooks = isBusy ? 0 : state.calmLooks + 1
  if (state.settlingLooks > 0) state.settlingLooks--
  else if (part > MOST_LEFT) change(state, -1, part)
  else if (!isBusy) grow(state)
}

/** Near the capacity, the share grows slowly at first: the queue is often empty there for a moment. */
function grow(state: AdmissionState): void {
  if (state.handled > state.capacity * NEAR_CAPACITY && state.calmLooks < CALM_LOOKS) {
    if (state.calmLooks % SLOW_LOOKS !== 0) return
    state.step = 0
  }
  change(state, 1, 0)
}

/**
 * Changes the share by a step. If the kernel cannot do it, everything is let in, and the process itself leaves INVITEs to their
 * repeats.
 */
function change(state: AdmissionState, direction: -1 | 1, part: number): void {
  if (direction === 1 && state.share === 1) return
  if (state.share === 1) {
    state.seed = randomInt(SEEDS_END)
    state.step = Math.min(FIRST_STEP, part)
    state.settlingLooks = SETTLING_LOOKS
  } else {
    const step = state.step * (direction === state.direction ? SAME_DIRECTION : OTHER_DIRECTION)
    state.step = Math.min(MOST_STEP, Math.max(LEAST_STEP, step))
  }
  state.direction = direction
  const share = Math.min(1, Math.max(LEAST_SHARE, state.share * (1 + direction * state.step)))
  state.share = state.intake.admit({ share, seed: state.seed }) ? share : 1
}
