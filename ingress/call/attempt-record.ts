/**
 * The attempts of one call, collected for the event at the end of the call. Each attempt is stored as one small object: to
 * record attempts must cost little, because often nobody reads them.
 */
import type { ProxyProgress } from '../sip/port/engine.ts'
import type { CallAttempt } from './call-events.ts'
import type { CallTarget } from './call-targets.ts'

interface Attempt extends CallAttempt {
  readonly target: CallTarget
  result: CallAttempt['result']
  status: number
  endedAt: number
  over: boolean
}

/** The attempts of one call, in the order in which they began. Each target has at most one attempt. */
export type Attempts = Attempt[]

/** The attempts of a call that ends before any backend is tried. */
export const NO_ATTEMPTS: readonly CallAttempt[] = []

export function attemptBegan(attempts: Attempts, target: CallTarget, now: number): Attempt {
  const attempt: Attempt = {
    backend: target.id,
    place: target.place,
    result: 'unfinished',
    status: 0,
    beganAt: now,
    endedAt: now,
    target,
    over: false,
  }
  attempts.push(attempt)
  return attempt
}

/** When the attempt at a target began. -Infinity if none began: then nothing was sent, so nothing was found out. */
export function beganAt(attempts: Attempts, target: CallTarget): number {
  return attempts.find((one) => one.target === target)?.beganAt ?? Number.NEGATIVE_INFINITY
}

type Ended = Pick<Extract<ProxyProgress, { type: 'attempt' }>, 'result' | 'status'>

/**
 * Records the end of an attempt. If nothing could be sent, the attempt begins and ends here. A late answer replaces the
 * timeout that was recorded before.
 */
export function attemptEnded(attempts: Attempts, target: CallTarget, { result, status }: Ended, now: number): void {
  const attempt = attempts.find((one) => one.target === target) ?? attemptBegan(attempts, target, now)
  attempt.result = result
  attempt.status = status
  attempt.endedAt = now
  attempt.over = true
}

/** Ends the attempts that are still open at the end of the call. They get the given result. */
export function endOpen(attempts: Attempts, result: 'cancelled' | 'unfinished', now: number): void {
  for (const attempt of attempts) {
    if (attempt.over) continue
    attempt.result = result
    attempt.endedAt = now
  }
}
