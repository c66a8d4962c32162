/** Recognizes a call at its end, in every pod. */
import { hash } from 'node:crypto'

/** What a dialog keeps for its whole life on the caller's side (RFC 3261 §12). */
export interface CallIdentity {
  readonly callId: string
  /** The tag of the caller: of From in requests of the caller, of To in those of the backend. RFC 2543 peers have none. */
  readonly callerTag: string | undefined
}

/** Digits in base 16 of a key. 52 bits are exact in a double, and 250,000 keys have no two alike in 99.999 percent. */
const KEY_DIGITS = 13

/**
 * The key under which a call of a rule is counted. All pods make the same key. A call that passes two rules has two keys. A
 * safe hash is used, because a sender who finds two Call-IDs with one key could hide a call.
 */
export function callKey({ callId, callerTag = '' }: CallIdentity, rule: string): number {
  return Number.parseInt(hash('sha256', `${callId}\n${callerTag}\n${rule}`, 'hex').slice(0, KEY_DIGITS), 16)
}
