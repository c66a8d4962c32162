import { MAGIC_COOKIE } from '../../message/request-facts.ts'

/**
 * The parts of a request that decide to which server transaction the request belongs. To find the INVITE of a CANCEL, pass the
 * parts of the CANCEL with method `INVITE`.
 */
interface ServerTransactionKeyParts {
  /** The branch of the top Via, as the sender wrote it. */
  readonly branch: string | undefined
  /** The host of the top Via, and the port if the Via has one. */
  readonly sentBy: string
  readonly method: string
  readonly requestUri: string
  readonly callId: string
  readonly fromTag: string | undefined
  readonly toTag: string | undefined
  /** The number of the CSeq header. */
  readonly cseq: number
  /** Used only for an RFC 2543 peer: the source of the request, and the part of its top Via that is compared. */
  readonly topVia: string
}

/**
 * The key of a request's server transaction (RFC 3261 §17.2.3). An ACK has the key of its INVITE. For an RFC 2543 peer, the key
 * does not tell whether an ACK belongs to a 2xx. The calling code tells that by the To tag: an ACK has the To tag of the
 * response that it acknowledges.
 */
export function serverTransactionKey(parts: ServerTransactionKeyParts): string {
  const { branch } = parts
  const method = parts.method === 'ACK' ? 'INVITE' : parts.method
  // RFC 3261 §8.1.1.7: with the magic cookie, the sender promises that its branch is unique. The magic cookie alone is not a
  // branch (RFC 4475 §3.2.1).
  if (branch !== undefined && branch.length > MAGIC_COOKIE.length && branch.startsWith(MAGIC_COOKIE)) {
    // RFC 3261 §17.2.3: sent-by is part of the key, because two clients may make the same branch. Upper and lower case in a
    // host name mean the same.
    return `${branch} ${parts.sentBy.toLowerCase()} ${method}`
  }
  return rfc2543Key(parts, method)
}

/**
 * RFC 3261 §17.2.3: the key for a peer whose branch has no magic cookie. A line break separates the parts, because no value can
 * contain one.
 */
function rfc2543Key(parts: ServerTransactionKeyParts, method: string): string {
  // An ACK has a To tag that its INVITE did not have. Both must get the same key, so only the keys of other methods contain the
  // tag.
  const toTag = method === 'INVITE' ? '' : (parts.toTag ?? '')
  const { requestUri, callId, fromTag, cseq, topVia } = parts
  return `\n${method}\n${cseq}\n${requestUri}\n${callId}\n${fromTag ?? ''}\n${toTag}\n${topVia}`
}

/** The key of a client transaction: the branch that we made, and the method in CSeq (RFC 3261 §17.1.3). */
export function clientTransactionKey(branch: string, cseqMethod: string): string {
  return `${branch} ${cseqMethod}`
}
