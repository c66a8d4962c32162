/** Finds the key of a request's transaction, and reads no more of the request than its top Via where that is enough. */
import { isCookie, readRequestFacts, topVia } from '../../message/request-facts.ts'
import type { SipMessage } from '../../message/sip-message.ts'
import type { Via } from '../../message/via.ts'
import { keyOf } from '../received-request.ts'
import { serverTransactionKey } from '../transaction/transaction-key.ts'
import type { Flow } from '../transport/transport.ts'

export interface RequestIdentity {
  readonly via: Via
  /** The key of the INVITE's server transaction. An ACK and a CANCEL have the key of their INVITE here. */
  readonly inviteKey: string
}

/** The parts of a key that an RFC 3261 peer does not need. */
const UNUSED = { requestUri: '', callId: '', fromTag: undefined, toTag: undefined, cseq: 0, topVia: '' } as const

/** RFC 3261 §17.2.3. Undefined if the request cannot be read: then it is handled in the usual way, which refuses it. */
export function requestIdentity(message: SipMessage, flow: Flow): RequestIdentity | undefined {
  const via = topVia(message)
  if (via === undefined) return undefined
  if (!isCookie(via.branch)) return identityByFacts(message, flow)
  const sentBy = `${via.host}:${via.port ?? ''} ${flow.remoteAddress.text}`
  return { via, inviteKey: serverTransactionKey({ ...UNUSED, branch: via.branch, sentBy, method: 'INVITE' }) }
}

/** An RFC 2543 peer: its branch is not unique, so more headers are part of the key. */
function identityByFacts(message: SipMessage, flow: Flow): RequestIdentity | undefined {
  const facts = readRequestFacts(message)
  return 'fault' in facts ? undefined : { via: facts.via, inviteKey: keyOf({ message, facts, flow }, 'INVITE') }
}
