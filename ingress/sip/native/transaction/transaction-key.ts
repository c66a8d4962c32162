import { MAGIC_COOKIE } from '../../message/request-facts.ts'

/** The parts of a request that decide to which server transaction it belongs. A CANCEL finds its INVITE with method `INVITE`. */
interface ServerTransactionKeyParts {
  /** From the top Via, as written. */
  readonly branch: string | undefined
  /** From the top Via: the host, and the port if the Via has one. */
  readonly sentBy: string
  readonly method: string
  readonly requestUri: string
  readonly callId: string
  readonly fromTag: string | undefined
  readonly toTag: string | undefined
  /** The number of the CSeq header. */
  readonly cseq: number
  /** Used only for an RFC 2543 peer: the part of its top Via that is compared, and its source. */
  readonly topVia: string
}

/**
 * The key of a request's server transaction (RFC 3261 §17.2.3). An ACK has the key of its INVITE. The key of an RFC 2543 peer
 * does not show whether an ACK belongs to a 2xx. The calling code compares the To tag for that: the ACK has the To tag of the
 * response.
 */
export function serverTransactionKey(parts: ServerTransactionKeyParts): string {
  const { branch } = parts
  const method = parts.method === 'ACK' ? 'INVITE' : parts.method
  // RFC 3261 §8.1.1.7: with the magic cookie, the sender promises that the branch is unique. The cookie alone is not a branch
  // (RFC 4475 §3.2.1).
  if (branch !== undefined && branch.length > MAGIC_COOKIE.length && branch.startsWith(MAGIC_COOKIE)) {
    // RFC 3261 §17.2.3: sent-by is part of the key, because two clients may make equal branches. The case of a host does not
    // matter.
    return `${branch} ${parts.sentBy.toLowerCase()} ${method}`
  }
  return rfc2543Key(parts, method)
}

/**
 * RFC 3261 §17.2.3: the key for a peer without the cookie. The parts are separated by line breaks, because no value can contain a
 * line break.
 */
function rfc2543Key(parts: ServerTransactionKeyParts, method: string): string {
  // The ACK has a To tag that its INVITE did not have, so the tag is part of the key only for other methods.
  const toTag = method === 'INVITE' ? '' : (parts.toTag ?? '')
  const { requestUri, callId, fromTag, cseq, topVia } = parts
  return `\n${method}\n${cseq}\n${requestUri}\n${callId}\n${fromTag ?? ''}\n${toTag}\n${topVia}`
}

/** The key of a client transaction: the branch that we made and the method in CSeq (RFC 3261 §17.1.3). */
export function clientTransactionKey(branch: string, cseqMethod: string): string {
  return `${branch} ${cseqMethod}`
}
