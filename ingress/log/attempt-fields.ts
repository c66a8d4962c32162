/** Writes the attempts of a call as fields of the call's log line. */
import type { CallAttempt, CallDecided } from '../call/call-events.ts'
import { jsonText } from './json-text.ts'
import { MAX_LOGGED_ATTEMPTS, MAX_VALUE_CHARACTERS } from './limits.ts'

/**
 * The members `attempts` and `attemptsLeftOut` of a JSON object, each after a comma. If there is no attempt and no backend was
 * passed over, the text is empty. Attempts come first, then the backends that were passed over. If there are too many attempts,
 * the first ones and the last one are shown. The last one is shown because the call ended with it.
 */
export function attemptsJson({ attempts, passedOver }: Pick<CallDecided, 'attempts' | 'passedOver'>): string {
  const all = attempts.length + passedOver.length
  if (all === 0) return ''
  const tried = attempts.length > MAX_LOGGED_ATTEMPTS ? firstAndLast(attempts) : attempts
  const told = passedOver.slice(0, MAX_LOGGED_ATTEMPTS - tried.length)
  const objects = [...tried.map(attemptJson), ...told.map((backend) => attemptJson({ ...backend, ...NOTHING_SENT }))]
  const leftOut = all > objects.length ? `,"attemptsLeftOut":${all - objects.length}` : ''
  return `,"attempts":[${objects.join(',')}]${leftOut}`
}

/** The values for a backend that was passed over. Nothing was sent to it, and it took no time. */
const NOTHING_SENT = { place: undefined, status: 0, beganAt: 0, endedAt: 0 }

function firstAndLast(attempts: readonly CallAttempt[]): CallAttempt[] {
  return [...attempts.slice(0, MAX_LOGGED_ATTEMPTS - 1), ...attempts.slice(-1)]
}

/** An attempt, or a backend that was passed over. */
type LoggedAttempt = Omit<CallAttempt, 'place' | 'result'> & {
  readonly place: string | undefined
  readonly result: string
}

/** The member `endpoint` is the endpoint that was tried, if the backend is a Service. */
function attemptJson({ backend, place, result, status, beganAt, endedAt }: LoggedAttempt): string {
  const endpoint = place === undefined || place === backend ? '' : `,"endpoint":${jsonText(clip(place))}`
  const ms = milliseconds(endedAt - beganAt)
  return `{"backend":${jsonText(clip(backend))}${endpoint},"result":"${result}","status":${status},"ms":${ms}}`
}

export function clip(text: string): string {
  return text.length > MAX_VALUE_CHARACTERS ? `${text.slice(0, MAX_VALUE_CHARACTERS)}…` : text
}

/** Rounds milliseconds to the microsecond, because more digits have no meaning. */
export function milliseconds(value: number): number {
  return Math.round(value * 1000) / 1000
}
