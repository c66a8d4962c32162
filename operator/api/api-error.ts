import { isRecord, parsedJson } from './json-value.ts'
import { MAX_ERROR_TEXT, MAX_RETRY_AFTER_MS } from './limits.ts'

/** The codes of ApiError. They are stable: a program should decide by the code, not by the message. */
export type ApiErrorCode =
  | 'api_unreachable'
  | 'api_credentials'
  | 'api_unauthorized'
  | 'api_forbidden'
  | 'api_not_found'
  | 'api_conflict'
  | 'api_already_exists'
  | 'api_expired'
  | 'api_invalid'
  | 'api_throttled'
  | 'api_unavailable'
  | 'api_response_invalid'

/** What is known about a failed request. An ApiError is made from this. */
export interface ApiFailure {
  readonly code: ApiErrorCode
  readonly message: string
  /** The HTTP status. 0 if there was no answer. */
  readonly status?: number
  /** The `reason` of the Status object (`Conflict`, `AlreadyExists`, `Expired` …). Empty if the answer has no reason. */
  readonly reason?: string
  /** The time from the header Retry-After, at most 300 s. */
  readonly retryAfterMilliseconds?: number | undefined
  readonly cause?: unknown
}

/** The error of a failed request to the Kubernetes API. */
export class ApiError extends Error {
  readonly code: ApiErrorCode
  readonly status: number
  readonly reason: string
  readonly retryAfterMilliseconds: number | undefined

  constructor({ code, message, status = 0, reason = '', retryAfterMilliseconds, cause }: ApiFailure) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'ApiError'
    this.code = code
    this.status = status
    this.reason = reason
    this.retryAfterMilliseconds = retryAfterMilliseconds
  }
}

/** Makes the error for an answer with a status other than 2xx. `body` is a Status object in JSON, or any other text. */
export function answerError(answer: { status: number; retryAfter: string | undefined; body: string }): ApiError {
  const { status, body } = answer
  const text = statusObject(body) ?? { reason: '', message: body.slice(0, MAX_ERROR_TEXT).trim() }
  return new ApiError({
    code: failureCode(status, text),
    status,
    reason: text.reason,
    message: `the API server answered ${status}${text.message === '' ? '' : `: ${text.message}`}`,
    retryAfterMilliseconds: retryAfterOf(answer.retryAfter),
  })
}

/** Makes the error for an ERROR event of a watch. The object of such an event is a Status. */
export function watchError(status: Readonly<Record<string, unknown>>): ApiError {
  const code = typeof status['code'] === 'number' ? status['code'] : 500
  return answerError({ status: code, retryAfter: undefined, body: JSON.stringify(status) })
}

function statusObject(body: string): { reason: string; message: string } | undefined {
  const value = parsedJson(body)
  if (!isRecord(value) || value['kind'] !== 'Status') return undefined
  const { reason, message } = value
  return { reason: typeof reason === 'string' ? reason : '', message: typeof message === 'string' ? message : '' }
}

const CODES: Readonly<Record<number, ApiErrorCode>> = {
  401: 'api_unauthorized',
  403: 'api_forbidden',
  404: 'api_not_found',
  409: 'api_conflict',
  410: 'api_expired',
  429: 'api_throttled',
}

function failureCode(status: number, { reason, message }: { reason: string; message: string }): ApiErrorCode {
  if (reason === 'AlreadyExists') return 'api_already_exists'
  // After a restore from a backup, the server's versions are lower than the version that we ask for. This counts as an expired
  // version, because in both cases only a new list helps.
  if (reason === 'Timeout' && message.includes('Too large resource version')) return 'api_expired'
  return CODES[status] ?? (status >= 400 && status < 500 ? 'api_invalid' : 'api_unavailable')
}

/** Reads a Retry-After in seconds. RFC 9110 §10.2.3 also allows a date, but API servers send only seconds. */
function retryAfterOf(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d+$/.test(header)) return undefined
  return Math.min(Number(header) * 1000, MAX_RETRY_AFTER_MS)
}
