/**
 * RFC 3261 §16.7: writes the response that is relayed to the sender of the request. Bytes that no step of §16.7 changes stay as
 * they are.
 */

import { HEADER } from '../../message/header-name.ts'
import { readTag } from '../../message/header-tag.ts'
import { ASSERTED_IDENTITY_IDS } from '../../message/identity-headers.ts'
import { removeFirstValue, rewriteMessage } from '../../message/rewrite-message.ts'
import type { SipMessage } from '../../message/sip-message.ts'
import type { ResponseIdentity } from '../../port/engine.ts'
import { losesIdentity } from '../../proxy/response-facts.ts'
import type { EngineCore } from '../engine-core.ts'
import type { DialogKey } from './dialog-cookie.ts'
import { backendTarget, callable } from './dialog-target.ts'
import type { RelayedBranch } from './invite-branch.ts'
import { rewrittenRecordRoutes, withoutOwnRecordRoutes } from './record-route.ts'

/** The parts of a proxied INVITE that are needed to relay a response. */
export interface RelayingInvite {
  readonly core: EngineCore
  readonly responseIdentity: ResponseIdentity
  /** The dialog that the INVITE makes, and the data for its cookie. Undefined if the INVITE itself is inside a dialog. */
  readonly dialog: (DialogKey & { readonly data: string }) | undefined
}

/**
 * RFC 3261 §16.7 steps 3 to 9 for the response of a branch. `challenging`: responses of other branches, whose challenges are
 * added (step 7).
 */
export function relayedInviteResponse(
  invite: RelayingInvite,
  branch: RelayedBranch,
  response: SipMessage,
  challenging: readonly SipMessage[] = [],
): Buffer {
  return writeRelayedResponse(response, {
    begins: invite.dialog !== undefined,
    recordRoutes: callerRecordRoutes(invite, branch, response),
    extra: challengesOf(challenging),
    responseIdentity: invite.responseIdentity,
  })
}

/** The changed Record-Route lines by row. Only a response that makes a dialog needs them (RFC 3261 §12.1.1). */
function callerRecordRoutes(
  invite: RelayingInvite,
  branch: RelayedBranch,
  response: SipMessage,
): ReadonlyMap<number, string> {
  const { cookie, destination } = branch
  const { core, dialog } = invite
  if (dialog === undefined) return withoutOwnRecordRoutes(response)
  if (cookie === '' || response.status >= 300) return NO_ROWS
  // The transport that the target's URI names is used. TCP may have been chosen only because the INVITE is large; later
  // requests must not depend on that.
  const asked = { ...destination, transport: branch.target.transport }
  const signedTarget = callable(backendTarget(response, cookie), destination.address, core) ?? asked
  const untagged = isUntagged(response)
  const target = `${signedTarget.address.text} ${signedTarget.port} ${signedTarget.transport} ${untagged}`
  if (branch.callerCookie?.target !== target) {
    const text = core.cookies.seal({ from: 'caller', signedTarget, untagged, dialogData: dialog.data }, dialog)
    branch.callerCookie = { target, text }
  }
  return rewrittenRecordRoutes(response, cookie, branch.callerCookie.text)
}

/** RFC 3261 §12.1.2: a gateway that follows RFC 2543 sends no tag. So later requests to that gateway have no To tag. */
function isUntagged(response: SipMessage): boolean {
  const row = response.first(HEADER.to)
  return row !== -1 && readTag(response, row) === undefined
}

interface RelayOptions {
  /**
   * Whether the response answers an INVITE that makes a dialog. Inside a dialog, fewer headers are removed, because the sender
   * of the request needs more of them.
   */
  readonly begins: boolean
  /** The changed Record-Route lines, by row. */
  readonly recordRoutes: ReadonlyMap<number, string>
  /** Complete lines to add at the end: the challenges of other branches (RFC 3261 §16.7 step 7). */
  readonly extra?: string
  readonly responseIdentity: ResponseIdentity
}

const NO_ROWS: ReadonlyMap<number, string> = new Map()

/** Writes the response to an in-dialog request other than INVITE. */
export function relayedDialogResponse(response: SipMessage, responseIdentity: ResponseIdentity): Buffer {
  return writeRelayedResponse(response, {
    begins: false,
    recordRoutes: withoutOwnRecordRoutes(response),
    responseIdentity,
  })
}

/** Writes the relayed response: without our Via, and with the changes that `options` asks for. */
function writeRelayedResponse(response: SipMessage, options: RelayOptions): Buffer {
  const replaced = new Map(options.recordRoutes)
  const via = response.first(HEADER.via)
  // RFC 3261 §16.7 step 3: the topmost Via value, which is ours, is removed.
  replaced.set(via, removeFirstValue(response, via))
  if (options.begins && response.status >= 300) {
    // RFC 3261 §21.5.4: with Retry-After, a backend pauses its clients. If a carrier got the header, the carrier would pause
    // the whole trunk. Inside a dialog the header stays: there it says when the sender may send its request again (§14.2, RFC
    // 3311 §5.2).
    removeAll(response, HEADER.retryAfter, replaced)
    // RFC 3261 §12.1.1: this response makes no dialog, so nobody needs its Record-Route. The Record-Route also contains the
    // backend's cookie, and the caller must not get that cookie.
    removeAll(response, HEADER.recordRoute, replaced)
  }
  // RFC 3325 §6: P-Preferred-Identity is only for the first proxy after the user agent, so it is removed.
  removeAll(response, HEADER.preferredIdentity, replaced)
  if (losesIdentity(response, options.responseIdentity)) {
    for (const id of ASSERTED_IDENTITY_IDS) removeAll(response, id, replaced)
  }
  return rewriteMessage(response, { replaced, ...(options.extra ? { bottom: options.extra } : {}) })
}

function removeAll(message: SipMessage, id: number, replaced: Map<number, string>): void {
  for (let row = message.first(id); row !== -1; row = message.next(id, row)) replaced.set(row, '')
}

/** RFC 3261 §16.7 step 7: a relayed 401 or 407 contains the challenges of all branches that sent a challenge. */
function challengesOf(responses: readonly SipMessage[]): string {
  const lines: string[] = []
  for (const response of responses) {
    for (const id of [HEADER.proxyAuthenticate, HEADER.wwwAuthenticate]) {
      for (let row = response.first(id); row !== -1; row = response.next(id, row)) {
        lines.push(response.bytes.toString('latin1', response.lineStart(row), response.lineEnd(row)))
      }
    }
  }
  return lines.join('')
}
