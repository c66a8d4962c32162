/** What is left of a branch with a 2xx when its call is over: enough to relay a further 2xx (RFC 6026 §7.2), and no more. */
import type { SipMessage } from '../../message/sip-message.ts'
import type { ProxyTarget } from '../../port/engine.ts'
import type { EngineCore } from '../engine-core.ts'
import type { ClientTransaction, ClientTransactionUser } from '../transaction/client-transaction.ts'
import type { ResponseSink, ServerTransaction } from '../transaction/server-transaction.ts'
import type { InviteBranch } from './invite-branch.ts'
import {
  type CallerCookie,
  type RelayedBranch,
  type RelayingInvite,
  relayedInviteResponse,
} from './relayed-response.ts'

/** The way of a response to the caller. */
export interface WayToCaller {
  readonly transaction: ServerTransaction
  /** Sends a response without the transaction. */
  readonly path: ResponseSink
}

/**
 * The user of the client transaction of an answered branch. RFC 6026 keeps that transaction for 32 s, so there are many of them at
 * a time. The collector moves and marks each of these objects, so they are few and small: the invite and its branch are dropped.
 */
export class AnsweredBranch implements ClientTransactionUser<SipMessage>, RelayingInvite, RelayedBranch {
  readonly core: EngineCore
  readonly responseIdentity: RelayingInvite['responseIdentity']
  readonly dialog: RelayingInvite['dialog']
  readonly cookie: string
  readonly target: ProxyTarget
  /** Made again at the first repeat of the 2xx, which most calls do not have. */
  callerCookie: CallerCookie | undefined
  readonly #transaction: ServerTransaction
  readonly #path: ResponseSink

  constructor(invite: RelayingInvite, branch: InviteBranch, { transaction, path }: WayToCaller) {
    this.core = invite.core
    this.responseIdentity = invite.responseIdentity
    this.dialog = invite.dialog
    this.cookie = branch.cookie
    this.target = branch.target
    this.callerCookie = undefined
    this.#transaction = transaction
    this.#path = path
  }

  onResponse(_transaction: ClientTransaction<SipMessage>, status: number, response: SipMessage): void {
    sendSuccess(
      { transaction: this.#transaction, path: this.#path },
      status,
      relayedInviteResponse(this, this, response),
    )
  }

  onTimeout(): void {
    // An answered transaction has no time-out.
  }

  onTransportError(): void {
    // An answered transaction sends nothing.
  }

  onTerminated(transaction: ClientTransaction<SipMessage>): void {
    this.core.transactions.removeClient(transaction)
  }
}

/** RFC 3261 §16.7 step 5: any 2xx to an INVITE MUST be relayed, even after another final response. */
export function sendSuccess({ transaction, path }: WayToCaller, status: number, bytes: Buffer): void {
  if (transaction.state === 'Proceeding' || transaction.state === 'Accepted') transaction.respond(status, bytes)
  else path.sendResponse(bytes)
}
