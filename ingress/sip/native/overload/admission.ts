/**
 * Decides which share of the new calls the kernel lets in while more come than can be served and refused. What is read must have
 * an answer; what can have none must not cost the time of reading it.
 */
import { randomInt } from 'node:crypto'
import type { Clock } from '../../../time/clock.ts'
import type { Intake } from '../transport/transport.ts'
import {
  ADMISSION_MS,
  BUSY_WEIGHT,
  LEAST_GROWTH,
  LEAST_SHARE,
  MOST_CUT,
  MOST_GROWTH,
  MOST_LEFT,
  PACKETS_OF_A_CALL,
  SETTLING_LOOKS,
  SUSTAINED_LOOKS,
} from './limits.ts'

export interface AdmissionOptions {
  readonly clock: Clock
  /** Undefined if the kernel cannot drop new calls. Everything is then let in. */
  readonly intake: Intake | undefined
  /** Whether new INVITEs wait in the process. */
  readonly isBehind: () => boolean
  /** How many requests wait in the process, to be served or to be refused. */
  readonly queued: () => number
  /** Milliseconds of processor time that the process has used. */
  readonly cpuUsed: () => number
  /** Gets the number of datagrams that the kernel has dropped, if there are any. */
  readonly onDropped: (datagrams: number) => void
}

export interface Admission {
  /** An INVITE was served, or got its 503. */
  onHandled(): void
  /** An INVITE over UDP was read and got no answer, because there was no time for one. */
  onLeft(): void
}

/** What was counted when the share was looked at last. */
interface LastLook {
  readonly at: number
  readonly cpu: number
  readonly queued: number
  readonly isBehind: boolean
}

interface AdmissionState extends AdmissionOptions {
  readonly intake: Intake
  /** Which calls are let in. It stays the same while the share is below 1, so that the calls stay the same too. */
  seed: number
  share: number
  /** The part of a core that the process gets while INVITEs wait: an average in which the last looks count most. */
  coreWhileBehind: number
  /** Looks, one after the other, at which too many were left. */
  leftLooks: number
  /** INVITEs that were handled, and that were read, in those looks. */
  handledSum: number
  readSum: number
  /** Looks that are still to pass before the last cut has its effect. */
  settlingLooks: number
  isTimed: boolean
  last: LastLook
  /** INVITEs since the share was looked at last. */
  handled: number
  left: number
}

const SEEDS_END = 2 ** 32
const NO_LOOK: LastLook = { at: 0, cpu: 0, queued: 0, isBehind: false }
const COUNTS = { leftLooks: 0, handledSum: 0, readSum: 0, settlingLooks: 0, handled: 0, left: 0 } as const

export function createAdmission(options: AdmissionOptions): Admission {
  const { intake } = options
  if (!intake) return { onHandled: () => undefined, onLeft: () => undefined }
  const course = { seed: 0, share: 1, coreWhileBehind: 0, isTimed: false, last: NO_LOOK } as const
  const state: AdmissionState = { ...options, intake, ...course, ...COUNTS }
  return {
    onHandled: () => {
      state.handled++
    },
    onLeft: () => {
      watch(state)
      state.left++
    },
  }
}

function watch(state: AdmissionState): void {
  if (state.isTimed) return
  Object.assign(state, COUNTS)
  state.isTimed = true
  state.last = lookNow(state)
  state.clock.after(ADMISSION_MS, look, state)
}

function lookNow({ clock, cpuUsed, queued, isBehind }: AdmissionState): LastLook {
  return { at: clock.now(), cpu: cpuUsed(), queued: queued(), isBehind: isBehind() }
}

/** Looks again until everything is let in and nothing is left. */
function look(state: AdmissionState): void {
  const { clock, intake, onDropped } = state
  const now = lookNow(state)
  steer(state, now)
  state.last = now
  state.handled = 0
  state.left = 0
  const datagrams = intake.newlyDropped()
  if (datagrams > 0) onDropped(datagrams)
  state.isTimed = state.share < 1 || state.leftLooks > 0
  if (state.isTimed) clock.after(ADMISSION_MS, look, state)
}

function steer(state: AdmissionState, now: LastLook): void {
  const { handled, left, last } = state
  const core = (now.cpu - last.cpu) / Math.max(1, now.at - last.at)
  const isTooMuch = left > (handled + left) * MOST_LEFT
  if (last.isBehind && now.isBehind) noteCore(state, core)
  if (state.settlingLooks > 0) state.settlingLooks--
  else if (isTooMuch) cutIfSustained(state, handled + left + now.queued - last.queued)
  else {
    startSum(state)
    if (!now.isBehind && state.share < 1) grow(state, core)
  }
}

function noteCore(state: AdmissionState, core: number): void {
  const { coreWhileBehind } = state
  state.coreWhileBehind = coreWhileBehind === 0 ? core : coreWhileBehind + BUSY_WEIGHT * (core - coreWhileBehind)
}

function startSum(state: AdmissionState): void {
  state.leftLooks = 0
  state.handledSum = 0
  state.readSum = 0
}

/**
 * The share that fits is known: the part of what was read that could be handled. What was read long ago, and is left only now, does
 * not count. A stall that is over in the meantime changes nothing.
 */
function cutIfSustained(state: AdmissionState, read: number): void {
  state.leftLooks++
  state.handledSum += state.handled
  state.readSum += read
  if (state.leftLooks < SUSTAINED_LOOKS) return
  const part = state.readSum > 0 ? state.handledSum / state.readSum : 1
  startSum(state)
  if (part >= 1) return
  if (state.share === 1) state.seed = randomInt(SEEDS_END)
  state.settlingLooks = SETTLING_LOOKS
  change(state, Math.max(MOST_CUT, part))
}

/**
 * A call that is let in now brings the repeats of the calls that were left out before it, so only a part of the idle time may be
 * given away. A process that has used more than it got while INVITEs waited gets more now, and how much is not known.
 */
function grow(state: AdmissionState, core: number): void {
  const idle = core > 0 ? state.coreWhileBehind / core - 1 : Number.POSITIVE_INFINITY
  change(state, 1 + Math.min(MOST_GROWTH, Math.max(LEAST_GROWTH, idle / PACKETS_OF_A_CALL)))
}

/** If the kernel cannot do it, everything is let in, and the process itself leaves INVITEs to their repeats. */
function change(state: AdmissionState, factor: number): void {
  const share = Math.min(1, Math.max(LEAST_SHARE, state.share * factor))
  state.share = state.intake.admit({ share, seed: state.seed }) ? share : 1
}
