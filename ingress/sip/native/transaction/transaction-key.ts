import { MAGIC_COOKIE } from '../../message/request-facts.ts'

/** What of a request decides which server transaction it belongs to. CANCEL finds its INVITE with method `INVITE`. */
interface ServerTransactionKeyParts {
  /** From the top Via, as written. */
  readonly branch: string | undefined
  /** From the top Via: host and, where written, port. */
  readonly sentBy: string
  readonly method: string
  readonly requestUri: string
  readonly callId: string
  readonly fromTag: string | undefined
  readonly toTag: string | undefined
  /** The number of the CSeq header. */
  readonly cseq: number
  /** The top Via of an RFC 2543 peer, as far as it is compared, and its source; of another peer it does not matter. */
  readonly topVia: string
}

/**
 * The key of a request's server transaction (RFC 3261 §17.2.3). An ACK has the key of its INVITE; whoever needs the
 * ACK to a 2xx of an RFC 2543 peer kept apart compares the To tag himself, which is the response's own.
 */
export function serverTransactionKey(parts: ServerTransactionKeyParts): string {
  const { branch } = parts
  const method = parts.method === 'ACK' ? 'INVITE' : parts.method
  // RFC 3261 §8.1.1.7: the cookie promises a unique branch; alone it promises nothing (RFC 4475 §3.2.1).
  if (branch !== undefined && branch.length > MAGIC_COOKIE.length && branch.startsWith(MAGIC_COOKIE)) {
    // RFC 3261 §17.2.3: sent-by guards against equal branches of two clients; hosts compare without case.
    return `${branch} ${parts.sentBy.toLowerCase()} ${method}`
  }
  return rfc2543Key(parts, method)
}

/** RFC 3261 §17.2.3: a peer without the cookie. No value can hold the line break that parts them. */
function rfc2543Key(parts: ServerTransactionKeyParts, method: string): string {
  // The INVITE has no To tag where its ACK has one, so the tag counts for other methods only.
  const toTag = method === 'INVITE' ? '' : (parts.toTag ?? '')
  const { requestUri, callId, fromTag, cseq, topVia } = parts
  return `\n${method}\n${cseq}\n${requestUri}\n${callId}\n${fromTag ?? ''}\n${toTag}\n${topVia}`
}

/** The key of a client transaction: the branch that we made and the method in CSeq (RFC 3261 §17.1.3). */
export function clientTransactionKey(branch: string, cseqMethod: string): string {
  return `${branch} ${cseqMethod}`
}
