import { errorText } from '../text/error-text.ts'
import { redactedText } from '../text/redacted-text.ts'

/**
 * Why a request to the shared cache failed. `ADVICE` says for each code what to do. Failed reads and failed writes have the
 * same set of codes.
 */
export type CacheErrorCode =
  | 'cache-unreachable'
  | 'cache-credentials'
  | 'cache-permission'
  | 'cache-read-only'
  | 'cache-full'
  | 'cache-busy'
  | 'cache-foreign'
  | 'cache-failed'

export class CacheError extends Error {
  readonly code: CacheErrorCode

  constructor(code: CacheErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CacheError'
    this.code = code
  }
}

/** Codes by the first word of an error reply. Redis and Valkey document these words. */
const BY_REPLY: Readonly<Record<string, CacheErrorCode>> = {
  WRONGPASS: 'cache-credentials',
  NOAUTH: 'cache-credentials',
  NOPERM: 'cache-permission',
  READONLY: 'cache-read-only',
  OOM: 'cache-full',
  MISCONF: 'cache-full',
  LOADING: 'cache-busy',
  BUSY: 'cache-busy',
  CLUSTERDOWN: 'cache-busy',
  MASTERDOWN: 'cache-busy',
  NOREPLICAS: 'cache-busy',
  TRYAGAIN: 'cache-busy',
  WRONGTYPE: 'cache-foreign',
  ERR: 'cache-failed',
}

const ADVICE: Readonly<Record<CacheErrorCode, string>> = {
  'cache-unreachable': 'check the address, that the cache runs and that network policies let this pod reach it',
  'cache-credentials': 'check user and password file',
  'cache-permission':
    'allow the user CLIENT SETNAME, the keys {prefix}:* and, for pods, GET HSCAN XREAD SET SADD; for the operator, what docs/security.md lists, which has both users whole',
  'cache-read-only': 'point the address at the primary, not at a replica',
  'cache-full': 'give the cache more memory or disk, and set maxmemory-policy to noeviction',
  'cache-busy': 'wait until it has started or failed over',
  'cache-foreign': 'give this installation a prefix of its own: another program uses these keys',
  'cache-failed': 'check that the server is Redis 6.2 or Valkey 7.2, or newer',
}

/**
 * Turns any error of the client into a `CacheError`. For an error reply of the cache, the first word of the reply decides
 * the code. Any other error counts as a lost connection.
 */
export function cacheError(error: unknown): CacheError {
  if (error instanceof CacheError) return error
  const text = causeText(error)
  const code = replyCode(text)
  return new CacheError(code, `the shared cache: ${redactedText(text)}; ${ADVICE[code]}`, { cause: error })
}

function replyCode(text: string): CacheErrorCode {
  for (const [word] of text.matchAll(/\b[A-Z]{3,}\b/g)) {
    const code = Object.hasOwn(BY_REPLY, word) ? BY_REPLY[word] : undefined
    if (code !== undefined) return /invalid password|AUTH failed/i.test(text) ? 'cache-credentials' : code
  }
  return 'cache-unreachable'
}

function causeText(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(causeText).join(', ')
  return errorText(error)
}
