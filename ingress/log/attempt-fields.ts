/** The tries of a call as fields of its line. */
import type { CallAttempt, CallDecided } from '../call/call-events.ts'
import { MAX_LOGGED_ATTEMPTS, MAX_VALUE_CHARACTERS } from './limits.ts'

interface AttemptFields {
  readonly backend: string
  /** Of a Service: which of its endpoints. */
  readonly endpoint: string | undefined
  readonly result: string
  readonly status: number
  readonly ms: number
}

/** Both undefined where no backend had a part in the call, and `attemptsLeftOut` where none is left out: JSON has no such field. */
export interface AttemptsField {
  readonly attempts: readonly AttemptFields[] | undefined
  readonly attemptsLeftOut: number | undefined
}

const NOTHING: AttemptsField = { attempts: undefined, attemptsLeftOut: undefined }

/**
 * Who was tried comes first and who was passed over last. Of many the last try stays, which the call ended with, and so do
 * the first ones.
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

/** To the microsecond: more digits are noise. */
export function milliseconds(value: number): number {
  return Math.round(value * 1000) / 1000
}
