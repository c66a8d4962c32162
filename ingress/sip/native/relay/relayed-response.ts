/**
 * RFC 3261 §16.7: writes the response that is relayed to the sender of the request. Bytes that no step of §16.7 changes stay as
 * they are.
 */

import { ByteWriter } from '../../message/byte-writer.ts'
import { copyWithoutFirstValue } from '../../message/copy-without-first-value.ts'
import { HEADER } from '../../message/header-name.ts'
import { readTag } from '../../message/header-tag.ts'
import { ASSERTED_IDENTITY_IDS } from '../../message/identity-headers.ts'
import type { SipMessage } from '../../message/sip-message.ts'
import type { DialogHop, ProxyTarget, ResponseIdentity } from '../../port/engine.ts'
import { losesIdentity } from '../../proxy/response-facts.ts'
import type { EngineCore } from '../engine-core.ts'
import type { DialogKey } from './dialog-cookie.ts'
import { backendValue, callable, hopOfValue } from './dialog-target.ts'
import { copyWithCookie, copyWithoutOwn } from './record-route.ts'

/** The parts of a proxied INVITE that are needed to relay a response. */
export interface RelayingInvite {
  readonly core: EngineCore
  readonly responseIdentity: ResponseIdentity
  /** The dialog that the INVITE makes, and the data for its cookie. Undefined if the INVITE itself is inside a dialog. */
  readonly dialog: (DialogKey & { readonly data: string }) | undefined
}

/** The part of a branch that is needed to relay its responses. */
export interface RelayedBranch {
  readonly cookie: string
  readonly target: ProxyTarget
  /** The caller's cookie. The 18x and 2xx responses of a branch usually name the same target, so they share one cookie. */
  callerCookie: CallerCookie | undefined
}

export interface CallerCookie {
  /** The value of the response that names the target. Undefined if the response has no such value. */
  readonly named: string | undefined
  /** Whether the response has no To tag. */
  readonly untagged: boolean
  readonly text: string
}

/**
 * RFC 3261 §16.7 steps 3 to 9 for the response of a branch. `challenging`: responses of other branches, whose challenges are
 * added (step 7).
 */
export function relayedInviteResponse(
  invite: RelayingInvite,
  branch: RelayedBranch,
  response: SipMessage,
  challenging: readonly SipMessage[] = NO_MESSAGES,
): Buffer {
  const { dialog, responseIdentity } = invite
  if (dialog === undefined)
    return writeRelayedResponse(response, { place: 'inside', cookies: NO_COOKIES, responseIdentity })
  if (response.status < 300) {
    const cookies = {
      backend: branch.cookie,
      caller: branch.cookie === '' ? '' : callerCookie(invite, branch, response),
    }
    return writeRelayedResponse(response, { place: 'making', cookies, responseIdentity })
  }
  const extra = challengesOf(challenging)
  return writeRelayedResponse(response, { place: 'refusing', cookies: NO_COOKIES, responseIdentity }, extra)
}

/**
 * The caller's cookie for a response that makes a dialog (RFC 3261 §12.1.1). The responses of a branch usually name the same
 * target, so its cookie is sealed only once.
 */
function callerCookie({ core, dialog }: RelayingInvite, branch: RelayedBranch, response: SipMessage): string {
  const { cookie } = branch
  if (dialog === undefined) return ''
  const named = backendValue(response, cookie)
  const untagged = isUntagged(response)
  const before = branch.callerCookie
  if (before !== undefined && before.named === named && before.untagged === untagged) return before.text
  const hop = named === undefined ? undefined : hopOfValue(named)
  const signedTarget = callable(hop, branch.target.address, core) ?? askedHop(branch)
  const text = core.cookies.seal({ from: 'caller', signedTarget, untagged, dialogData: dialog.data }, dialog)
  branch.callerCookie = { named, untagged, text }
  return text
}

/**
 * The place that was asked, with the transport that the target's URI names. TCP may have been chosen only because the INVITE is
 * large; later requests must not depend on that.
 */
function askedHop({ target: { address, port, transport } }: RelayedBranch): DialogHop {
  return { address, port, transport }
}

/** RFC 3261 §12.1.2: a gateway that follows RFC 2543 sends no tag. So later requests to that gateway have no To tag. */
function isUntagged(response: SipMessage): boolean {
  const row = response.first(HEADER.to)
  return row !== -1 && readTag(response, row) === undefined
}

/**
 * What the response is to a dialog. `making`: it makes one (RFC 3261 §12.1.1). `refusing`: it answers an INVITE that would have
 * made one. `inside`: it answers a request inside a dialog; then fewer headers are removed, because the sender of the request
 * needs more of them.
 */
type DialogPlace = 'making' | 'refusing' | 'inside'

interface RelayOptions {
  readonly place: DialogPlace
  /** The cookie in our own Record-Route, and the one that the caller gets in its place. */
  readonly cookies: { readonly backend: string; readonly caller: string }
  readonly responseIdentity: ResponseIdentity
}

const NO_COOKIES: RelayOptions['cookies'] = { backend: '', caller: '' }
const NO_MESSAGES: readonly SipMessage[] = []

/** Writes the response to an in-dialog request other than INVITE. */
export function relayedDialogResponse(response: SipMessage, responseIdentity: ResponseIdentity): Buffer {
  return writeRelayedResponse(response, { place: 'inside', cookies: NO_COOKIES, responseIdentity })
}

/** All relayed responses are written here, one after the other. */
const COPY = new ByteWriter()

/**
 * Writes the relayed response: without our Via, and with the changes that `options` asks for. `extra`: complete lines to add at
 * the end, which are the challenges of other branches (RFC 3261 §16.7 step 7).
 */
function writeRelayedResponse(response: SipMessage, options: RelayOptions, extra = ''): Buffer {
  const via = response.first(HEADER.via)
  const anonymous = losesIdentity(response, options.responseIdentity)
  COPY.begin(response.bytes, response.start)
  for (let row = 0; row < response.headerCount; row++) {
    const id = response.id(row)
    // RFC 3261 §16.7 step 3: the topmost Via value, which is ours, is removed.
    if (row === via) copyWithoutFirstValue(COPY, response, row)
    else if (isLeftOut(id, options.place, anonymous)) {
      COPY.copyTo(response.lineStart(row))
      COPY.leaveOut(response.lineEnd(row))
    } else if (id === HEADER.recordRoute) copyRecordRoute(response, row, options)
  }
  COPY.copyTo(response.headersEnd)
  COPY.text(extra)
  COPY.copyTo(response.end)
  return COPY.finish()
}

/** Whether headers with this id are removed. `anonymous`: whether those that assert an identity are removed. */
function isLeftOut(id: number, place: DialogPlace, anonymous: boolean): boolean {
  switch (id) {
    case HEADER.retryAfter:
      // RFC 3261 §21.5.4: with Retry-After, a backend pauses its clients. If a carrier got the header, the carrier would pause
      // the whole trunk. Inside a dialog the header stays: there it says when the sender may send its request again (§14.2,
      // RFC 3311 §5.2).
      return place === 'refusing'
    case HEADER.recordRoute:
      // RFC 3261 §12.1.1: this response makes no dialog, so nobody needs its Record-Route. The Record-Route also contains the
      // backend's cookie, and the caller must not get that cookie.
      return place === 'refusing'
    case HEADER.preferredIdentity:
      // RFC 3325 §6: P-Preferred-Identity is only for the first proxy after the user agent, so it is removed.
      return true
    default:
      return anonymous && ASSERTED_IDENTITY_IDS.includes(id)
  }
}

function copyRecordRoute(response: SipMessage, row: number, { place, cookies }: RelayOptions): void {
  if (place === 'inside') copyWithoutOwn(COPY, { message: response, row })
  else if (cookies.backend !== '') copyWithCookie(COPY, { message: response, row }, cookies)
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
