/** The tries of one call on their way into its line: one small object each, because nobody knows yet who will read it. */
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

/** Of one call, in the order of their begin; at most as many as it has targets. */
export type Attempts = Attempt[]

/** Of calls that end without a backend. */
export const NO_ATTEMPTS: readonly CallAttempt[] = []

export function attemptBegan(attempts: Attempts, target: CallTarget, now: number): Attempt {
  const { id: backend, place } = target
  const times = { beganAt: now, endedAt: now }
  const attempt: Attempt = { backend, place, result: 'unfinished', status: 0, ...times, target, over: false }
  attempts.push(attempt)
  return attempt
}

type Ended = Pick<Extract<ProxyProgress, { type: 'attempt' }>, 'result' | 'status'>

/** One to which nothing could be sent begins with its end; a late answer takes the place of the silence before it. */
export function attemptEnded(attempts: Attempts, target: CallTarget, { result, status }: Ended, now: number): void {
  const attempt = attempts.find((one) => one.target === target) ?? attemptBegan(attempts, target, now)
  attempt.result = result
  attempt.status = status
  attempt.endedAt = now
  attempt.over = true
}

/** Says of those that are not over what becomes of them now that the call is. */
export function endOpen(attempts: Attempts, result: 'cancelled' | 'unfinished', now: number): void {
  for (const attempt of attempts) {
    if (attempt.over) continue
    attempt.result = result
    attempt.endedAt = now
  }
}
