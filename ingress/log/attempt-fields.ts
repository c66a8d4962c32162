/** Turns the attempts of a call into fields of the call's log line. */
import type { CallAttempt, CallDecided } from '../call/call-events.ts'
import { MAX_LOGGED_ATTEMPTS, MAX_VALUE_CHARACTERS } from './limits.ts'

interface AttemptFields {
  readonly backend: string
  /** The endpoint that was tried, if the backend is a Service. Otherwise undefined. */
  readonly endpoint: string | undefined
  readonly result: string
  readonly status: number
  readonly ms: number
}

/**
 * The two fields about attempts in a call's log line. If no backend was tried or passed over, both are undefined. If no
 * attempt is left out, `attemptsLeftOut` is undefined. Undefined fields do not appear in the JSON.
 */
export interface AttemptsField {
  readonly attempts: readonly AttemptFields[] | undefined
  readonly attemptsLeftOut: number | undefined
}

const NOTHING: AttemptsField = { attempts: undefined, attemptsLeftOut: undefined }

/**
 * The fields for a call. Attempts come first, then the backends that were passed over. If there are too many attempts, the
 * first ones and the last one are shown. The last one is shown because the call ended with it.
 */
export function attemptsField({ attempts, passedOver }: Pick<CallDecided, 'attempts' | 'passedOver'>): AttemptsField {
  const all = attempts.length + passedOver.length
  if (all === 0) return NOTHING
  const tried = attempts.length > MAX_LOGGED_ATTEMPTS ? firstAndLast(attempts) : attempts
  const fields = tried.map(fieldsOf)
  for (const { backend, result } of passedOver) {
    if (fields.length === MAX_LOGGED_ATTEMPTS) break
    fields.push({ backend: clip(backend), endpoint: undefined, result, status: 0, ms: 0 })
  }
  return { attempts: fields, attemptsLeftOut: all > fields.length ? all - fields.length : undefined }
}

function firstAndLast(attempts: readonly CallAttempt[]): CallAttempt[] {
  return [...attempts.slice(0, MAX_LOGGED_ATTEMPTS - 1), ...attempts.slice(-1)]
}

function fieldsOf({ backend, place, result, status, beganAt, endedAt }: CallAttempt): AttemptFields {
  const endpoint = place === backend ? undefined : clip(place)
  return { backend: clip(backend), endpoint, result, status, ms: milliseconds(endedAt - beganAt) }
}

export function clip(text: string): string {
  return text.length > MAX_VALUE_CHARACTERS ? `${text.slice(0, MAX_VALUE_CHARACTERS)}…` : text
}

/** Rounds milliseconds to the microsecond, because more digits have no meaning. */
export function milliseconds(value: number): number {
  return Math.round(value * 1000) / 1000
}
