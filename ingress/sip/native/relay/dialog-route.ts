/** RFC 3261 §16.4 and §12.2: reads the route set of a request, if it contains a cookie of ours. */

import { MAX_COOKIES_TRIED, MAX_ROUTE_VALUES } from '../../limits.ts'
import { HEADER } from '../../message/header-name.ts'
import { parseNameAddr } from '../../message/name-addr.ts'
import { parseMessage } from '../../message/parse-message.ts'
import type { RequestFacts } from '../../message/request-facts.ts'
import { rewriteMessage } from '../../message/rewrite-message.ts'
import { SipMessage } from '../../message/sip-message.ts'
import { parseUri, type SipUri, uriParameter } from '../../message/uri.ts'
import type { DialogCookie, DialogHop } from '../../port/engine.ts'
import type { EngineCore } from '../engine-core.ts'
import type { LocalNames } from '../local-names.ts'
import { cookieIn, hasCookie } from './cookie-parameter.ts'
import { allValues, callable, givesWay, hopOf, hopOfValue } from './dialog-target.ts'
import type { RouteEdits } from './forwarded-request.ts'

export interface DialogRoute {
  readonly cookie: DialogCookie
  /** The place to which the request goes after our own Route values are removed. Undefined if no request can be sent there. */
  readonly nextHop: DialogHop | undefined
  readonly edits: RouteEdits
}

type Core = Pick<EngineCore, 'cookies' | 'names' | 'outbound'>

/** Opens the cookie in a Route value. Returns undefined if the cookie is not valid for this request. */
type Opener = (value: string) => DialogCookie | undefined

/** Route values of ours that follow each other. The first of them has a cookie. */
interface OwnValues {
  /** The last cookie among them. It is the nearest to the target, so it knows best where the target is. */
  readonly cookie: DialogCookie
  readonly cookieText: string
  /** The index after the last of these values. */
  readonly end: number
}

/**
 * Undefined unless a Route value has a cookie that is valid for this dialog. All values above that value are removed: the request
 * has already passed those elements, or one of them has sent it here by mistake. In both cases the request is here now.
 */
export function readDialogRoute(core: Core, message: SipMessage, facts: RequestFacts): DialogRoute | undefined {
  if (message.first(HEADER.route) === -1) return undefined
  const routes = allValues(message, HEADER.route, MAX_ROUTE_VALUES)
  const open = openerOf(core, message, facts)
  const own = ownValues(core, routes, open)
  if (!own) return undefined
  const { cookie } = own
  const removed = new Set<number>()
  for (let at = 0; at < routes.length; at++) {
    if (at < own.end || isLeftover(core.names, routes[at] ?? '', own, open)) removed.add(at)
  }
  const at = routes.findIndex((_, index) => !removed.has(index))
  const next = routes[at]
  if (next === undefined) {
    return { cookie, nextHop: contactHop(core, facts.uri, cookie), edits: plain(removed) }
  }
  const nextHop = callable(hopOfValue(next), cookie.signedTarget.address, core)
  if (!isStrict(next)) return { cookie, nextHop, edits: plain(removed) }
  // §16.6 step 6: the next hop is a strict router, so the Request-URI is appended to the Routes. A Request-URI that is our own
  // is not appended.
  const requestUri = parseNameAddr(next)?.uri
  const appended = facts.uri.user === undefined && isOwn(core.names, facts.uri) ? undefined : message.requestUri()
  return { cookie, nextHop, edits: { removed: removed.add(at), requestUri, appended } }
}

/**
 * RFC 3261 §16.4: a strict router before us has put our own value into the Request-URI, and the original Request-URI is the last
 * Route value. Returns the request with both values in their original places. Undefined if no strict router has done this.
 */
export function undoStrictRoute(core: Core, message: SipMessage, facts: RequestFacts): SipMessage | undefined {
  if (message.first(HEADER.route) === -1 || !hasCookie(facts.uri.parameters)) return undefined
  const own = `<${message.requestUri()}>`
  if (!openerOf(core, message, facts)(own)) return undefined
  const routes = allValues(message, HEADER.route)
  const target = parseNameAddr(routes.at(-1) ?? '')?.uri
  if (target === undefined) return undefined
  const values = [own, ...routes.slice(0, -1)]
  const replaced = new Map<number, string>()
  for (let row = message.first(HEADER.route); row !== -1; row = message.next(HEADER.route, row)) replaced.set(row, '')
  const bytes = rewriteMessage(message, {
    startLine: `${message.method} ${target} SIP/2.0`,
    replaced,
    bottom: `Route: ${values.join(', ')}\r\n`,
  })
  const undone = new SipMessage()
  return parseMessage(undone, bytes, 0, bytes.length) ? undefined : undone
}

/** Whether a Route names us, by address or by a cookie. The cookie does not have to be valid. */
export function hasOwnRoute({ names }: Pick<Core, 'names'>, message: SipMessage): boolean {
  return allValues(message, HEADER.route, MAX_ROUTE_VALUES).some((value) => {
    const uri = uriOf(value)
    return uri !== undefined && (hasCookie(uri.parameters) || isOwn(names, uri))
  })
}

/** Tries only `MAX_COOKIES_TRIED` of the cookies that a sender lists. A cookie that is listed again is not tried again. */
function openerOf({ cookies }: Core, message: SipMessage, facts: RequestFacts): Opener {
  const tags = { callId: facts.callId, fromTag: facts.fromTag, toTag: facts.toTag }
  const tried = new Map<string, DialogCookie | undefined>()
  return (value) => {
    const text = cookieText(value)
    if (text === undefined || tried.has(text)) return text === undefined ? undefined : tried.get(text)
    if (tried.size === MAX_COOKIES_TRIED) return undefined
    const cookie = cookies.open(text, tags)
    const good = cookie && isInside(cookie, message, facts) ? cookie : undefined
    tried.set(text, good)
    return good
  }
}

/**
 * RFC 3261 §12.2.1.1, §15.1.2: a sender that got a tag, but does not send it, names no dialog. An ACK is relayed even without the
 * tag: nobody may answer an ACK, so the other side judges it.
 */
function isInside({ from, untagged }: DialogCookie, { method }: SipMessage, { toTag }: RequestFacts): boolean {
  return from === 'backend' || untagged === true || toTag !== undefined || method === 'ACK'
}

/**
 * RFC 5658 §5: two values that we added together MAY be removed together. The same holds for the values of a call that passed us
 * more than once.
 */
function ownValues({ names }: Core, routes: readonly string[], open: Opener): OwnValues | undefined {
  let end = routes.findIndex((value) => open(value) !== undefined)
  const first = end === -1 ? undefined : open(routes[end] ?? '')
  if (!first) return undefined
  let own: OwnValues = { cookie: first, cookieText: cookieText(routes[end] ?? '') ?? '', end: ++end }
  for (let value = routes[end]; value !== undefined; value = routes[++end]) {
    const cookie = open(value)
    if (cookie?.from === first.from && cookieText(value) !== own.cookieText) own = passedAgain(own, cookie, value)
    else if (!isLeftover(names, value, own, open)) break
    own = { ...own, end: end + 1 }
  }
  return own
}

/**
 * A spiral: the call has passed us more than once. The cookie that is nearer to the target says where the target is. The dialog
 * data of every pass is retained, because each pass may remove other headers.
 */
function passedAgain({ cookie: before, end }: OwnValues, cookie: DialogCookie, value: string): OwnValues {
  const otherDialogData = [...(before.otherDialogData ?? []), before.dialogData]
  return { cookie: { ...cookie, otherDialogData }, cookieText: cookieText(value) ?? '', end }
}

/**
 * A value of ours that has no use any more: it has the same cookie again, or it is a URI of ours without a valid cookie. A
 * sender that has us as its outbound proxy may add such a URI.
 */
function isLeftover(names: LocalNames, value: string, { cookieText: used }: OwnValues, open: Opener): boolean {
  const uri = uriOf(value)
  if (!uri) return false
  return cookieText(value) === used || (isOwn(names, uri) && open(value) === undefined)
}

/** Used if no Route value of another proxy is left. Then the Request-URI names the target: the other side itself. */
function contactHop(core: Core, uri: SipUri, cookie: DialogCookie): DialogHop | undefined {
  const { signedTarget, callerTarget = 'contact' } = cookie
  const hop = callable(hopOf(uri), signedTarget.address, core)
  return hop && !givesWay(hop, signedTarget.address, callerTarget) ? hop : undefined
}

function plain(removed: ReadonlySet<number>): RouteEdits {
  return { removed, requestUri: undefined, appended: undefined }
}

function isStrict(value: string): boolean {
  const uri = uriOf(value)
  return uri !== undefined && uriParameter(uri, 'lr') === undefined
}

/** The transport in the URI does not matter, because the request has already arrived here. */
function isOwn(names: LocalNames, uri: SipUri): boolean {
  return uri.host !== '' && names.isOwn(uriParameter(uri, 'maddr') || uri.host, uri.port)
}

function uriOf(value: string): SipUri | undefined {
  return parseUri(parseNameAddr(value)?.uri ?? '')
}

/** The text is searched before it is parsed, because most values have no cookie and do not have to be parsed. */
function cookieText(value: string): string | undefined {
  if (!hasCookie(value)) return undefined
  const uri = uriOf(value)
  return uri && cookieIn(uri.parameters)
}
