import { MAGIC_COOKIE } from '../../message/request-facts.ts'

/** The parts of a request that decide which server transaction it belongs to. A CANCEL finds its INVITE with method `INVITE`. */
interface ServerTransactionKeyParts {
  /** From the top Via, as written. */
  readonly branch: string | undefined
  /** From the top Via: the host and, if written, the port. */
  readonly sentBy: string
  readonly method: string
  readonly requestUri: string
  readonly callId: string
  readonly fromTag: string | undefined
  readonly toTag: string | undefined
  /** The number of the CSeq header. */
  readonly cseq: number
  /** For an RFC 2543 peer, the compared part of its top Via and its source; for any other peer it is not used. */
  readonly topVia: string
}

/**
 * The key of a request's server transaction (RFC 3261 §17.2.3). An ACK has the key of its INVITE. To tell the ACK to a 2xx of
 * an RFC 2543 peer from others, the caller compares the To tag, which comes from the response.
 */
export function serverTransactionKey(parts: ServerTransactionKeyParts): string {
  const { branch } = parts
  const method = parts.method === 'ACK' ? 'INVITE' : parts.method
  // RFC 3261 §8.1.1.7: with the cookie the sender promises a unique branch; the cookie alone is not a branch (RFC 4475 §3.2.1).
  if (branch !== undefined && branch.length > MAGIC_COOKIE.length && branch.startsWith(MAGIC_COOKIE)) {
    // RFC 3261 §17.2.3: sent-by guards against equal branches of two clients; hosts compare without case.
    return `${branch} ${parts.sentBy.toLowerCase()} ${method}`
  }
  return rfc2543Key(parts, method)
}

/** RFC 3261 §17.2.3: the key for a peer without the cookie. No value can contain the line break that separates the parts. */
function rfc2543Key(parts: ServerTransactionKeyParts, method: string): string {
  // The ACK has a To tag that its INVITE did not have, so the tag counts for other methods only.
  const toTag = method === 'INVITE' ? '' : (parts.toTag ?? '')
  const { requestUri, callId, fromTag, cseq, topVia } = parts
  return `\n${method}\n${cseq}\n${requestUri}\n${callId}\n${fromTag ?? ''}\n${toTag}\n${topVia}`
}

/** The key of a client transaction: the branch that we made and the method in CSeq (RFC 3261 §17.1.3). */
export function clientTransactionKey(branch: string, cseqMethod: string): string {
  return `${branch} ${cseqMethod}`
}
