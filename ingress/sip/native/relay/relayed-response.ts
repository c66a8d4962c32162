/** RFC 3261 §16.7: a backend's response on its way to the caller. Bytes that no step names are left as they are. */

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

/** What a branch's response needs on its way up; a proxied INVITE is one. */
export interface RelayingInvite {
  readonly core: EngineCore
  readonly responseIdentity: ResponseIdentity
  /** The dialog that the INVITE makes, and what its cookie carries; undefined inside a dialog. */
  readonly dialog: (DialogKey & { readonly data: string }) | undefined
}

/** §16.7 steps 3 to 9 for a response of a branch. `challenging`: other responses whose challenges go along (step 7). */
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

/** Only a response that makes a dialog carries a route set (RFC 3261 §12.1.1). */
function callerRecordRoutes(
  invite: RelayingInvite,
  branch: RelayedBranch,
  response: SipMessage,
): ReadonlyMap<number, string> {
  const { cookie, destination } = branch
  const { core, dialog } = invite
  if (dialog === undefined) return withoutOwnRecordRoutes(response)
  if (cookie === '' || response.status >= 300) return NO_ROWS
  // The transport that the target names, not the one that the size of the INVITE made of it.
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

/** RFC 3261 §12.1.2: a gateway of RFC 2543 gives no tag, and gets none then. */
function isUntagged(response: SipMessage): boolean {
  const row = response.first(HEADER.to)
  return row !== -1 && readTag(response, row) === undefined
}

interface RelayOptions {
  /** Whether it answers an INVITE that makes a dialog; a request inside one has more of an answer that concerns its sender. */
  readonly begins: boolean
  /** Our Record-Route values, rewritten for the caller; by row. */
  readonly recordRoutes: ReadonlyMap<number, string>
  /** Complete lines to add at the end: challenges of other branches (§16.7 step 7). */
  readonly extra?: string
  readonly responseIdentity: ResponseIdentity
}

const NO_ROWS: ReadonlyMap<number, string> = new Map()

/** A response inside a dialog to a request other than INVITE. */
export function relayedDialogResponse(response: SipMessage, responseIdentity: ResponseIdentity): Buffer {
  return writeRelayedResponse(response, {
    begins: false,
    recordRoutes: withoutOwnRecordRoutes(response),
    responseIdentity,
  })
}

/** A response with our Via taken off and nothing of ours in it. */
function writeRelayedResponse(response: SipMessage, options: RelayOptions): Buffer {
  const replaced = new Map(options.recordRoutes)
  const via = response.first(HEADER.via)
  // §16.7 step 3
  replaced.set(via, removeFirstValue(response, via))
  if (options.begins && response.status >= 300) {
    // §21.5.4: a backend that pauses its clients would pause the carrier's whole trunk. In a dialog it is the other side's
    // to say when to try again (§14.2, RFC 3311 §5.2).
    removeAll(response, HEADER.retryAfter, replaced)
    // §12.1.1: it makes no dialog, so nobody needs a route set, and the one in it has the backend's cookie.
    removeAll(response, HEADER.recordRoute, replaced)
  }
  // RFC 3325 §6: what a user agent prefers is for its first proxy.
  removeAll(response, HEADER.preferredIdentity, replaced)
  if (losesIdentity(response, options.responseIdentity)) {
    for (const id of ASSERTED_IDENTITY_IDS) removeAll(response, id, replaced)
  }
  return rewriteMessage(response, { replaced, ...(options.extra ? { bottom: options.extra } : {}) })
}

function removeAll(message: SipMessage, id: number, replaced: Map<number, string>): void {
  for (let row = message.first(id); row !== -1; row = message.next(id, row)) replaced.set(row, '')
}

/** §16.7 step 7: the 401 or 407 that goes up carries the challenges of all branches that sent one. */
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
