/** RFC 3261 §16.4 and §12.2: reads the Route values of a request that contains a cookie of ours. */

import { MAX_COOKIES_TRIED, MAX_ROUTE_VALUES } from '../../limits.ts'
import { GREATER_THAN } from '../../message/byte-class.ts'
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
import { cookieIn, endsInName, hasCookie } from './cookie-parameter.ts'
import { allValues, callable, givesWay, hopOf, hopOfValue, onlyValue } from './dialog-target.ts'
import type { RouteEdits } from './forwarded-request.ts'

export interface DialogRoute {
  readonly cookie: DialogCookie
  /** The place to which the request goes after our own Route values are removed. Undefined if we cannot send to that place. */
  readonly nextHop: DialogHop | undefined
  readonly edits: RouteEdits
}

type Core = Pick<EngineCore, 'cookies' | 'names' | 'outbound'>

/** A cookie of a request. `cookie` is undefined if it is not valid for this request. */
interface TriedCookie {
  readonly text: string
  readonly cookie: DialogCookie | undefined
}

/** Opens the cookie in a Route value. Undefined if the value has no cookie, or if too many cookies were tried. */
type Opener = (value: string) => TriedCookie | undefined

/** Route values of ours that follow each other directly. The first of them has a cookie. */
interface OwnValues {
  /**
   * The last cookie among these values. It was made nearest to the target, so it has the best knowledge of where the target is.
   */
  readonly cookie: DialogCookie
  readonly cookieText: string
  /** The index of the first Route value after these values. */
  readonly end: number
}

/**
 * Reads where the Route values lead. Undefined if no Route value has a cookie that is valid for this dialog. The values above
 * the first valid one are removed too: the request has already passed the elements that they name, or one of these elements has
 * sent it here by mistake. In both cases the request is here now.
 */
export function readDialogRoute(core: Core, message: SipMessage, facts: RequestFacts): DialogRoute | undefined {
  if (message.first(HEADER.route) === -1) return undefined
  const only = onlyValue(message, HEADER.route)
  if (only !== undefined) return readOnlyRoute(core, { message, facts, text: cookieText(only) })
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
  // RFC 3261 §16.6 step 6: the next hop is a strict router, so the Request-URI is appended to the Route values. If the
  // Request-URI is our own, it is not appended.
  const requestUri = parseNameAddr(next)?.uri
  const appended = facts.uri.user === undefined && isOwn(core.names, facts.uri) ? undefined : message.requestUri()
  return { cookie, nextHop, edits: { removed: removed.add(at), all: false, requestUri, appended } }
}

/** Nearly every request of a dialog has one Route value, which is ours. Then it goes to its Request-URI. */
function readOnlyRoute(
  core: Core,
  { message, facts, text }: { message: SipMessage; facts: RequestFacts; text: string | undefined },
): DialogRoute | undefined {
  const cookie = text === undefined ? undefined : core.cookies.open(text, facts)
  if (!cookie || !isInside(cookie, message, facts)) return undefined
  return { cookie, nextHop: contactHop(core, facts.uri, cookie), edits: NO_ROUTES }
}

/**
 * RFC 3261 §16.4: undoes the work of a strict router before us. Such a router has put our Route value into the Request-URI and
 * the original Request-URI at the end of the Routes. Returns the request with both values in their original places. Undefined
 * if no strict router has done this.
 */
export function undoStrictRoute(core: Core, message: SipMessage, facts: RequestFacts): SipMessage | undefined {
  if (message.first(HEADER.route) === -1 || !hasCookie(facts.uri.parameters)) return undefined
  const own = `<${message.requestUri()}>`
  if (!openerOf(core, message, facts)(own)?.cookie) return undefined
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

/** Whether a Route value names us, by our address or by a cookie. The cookie may be invalid. */
export function hasOwnRoute({ names }: Pick<Core, 'names'>, message: SipMessage): boolean {
  return allValues(message, HEADER.route, MAX_ROUTE_VALUES).some((value) => {
    const uri = uriOf(value)
    return uri !== undefined && (hasCookie(uri.parameters) || isOwn(names, uri))
  })
}

/**
 * Opens at most `MAX_COOKIES_TRIED` different cookies of a request. The result for each cookie is remembered, so a cookie that
 * is listed twice is opened once.
 */
function openerOf({ cookies }: Core, message: SipMessage, facts: RequestFacts): Opener {
  const tags = { callId: facts.callId, fromTag: facts.fromTag, toTag: facts.toTag }
  const tried: TriedCookie[] = []
  return (value) => {
    const text = cookieText(value)
    if (text === undefined) return undefined
    const before = tried.find((one) => one.text === text)
    if (before !== undefined || tried.length === MAX_COOKIES_TRIED) return before
    const cookie = cookies.open(text, tags)
    const good = cookie && isInside(cookie, message, facts) ? cookie : undefined
    const result = { text, cookie: good }
    tried.push(result)
    return result
  }
}

/**
 * RFC 3261 §12.2.1.1, §15.1.2: a caller that got a To tag must send it; without the tag, its request names no dialog. An ACK
 * without the tag is still relayed: an ACK cannot be answered, so the other side must decide what to do with it.
 */
function isInside({ from, untagged }: DialogCookie, { method }: SipMessage, { toTag }: RequestFacts): boolean {
  return from === 'backend' || untagged === true || toTag !== undefined || method === 'ACK'
}

/**
 * RFC 5658 §5: if we added two values together, both MAY be removed together. If a call passed us more than once, the values of
 * all passes are removed together too.
 */
function ownValues({ names }: Core, routes: readonly string[], open: Opener): OwnValues | undefined {
  let own = firstOwn(routes, open)
  if (!own) return undefined
  const { from } = own.cookie
  let { end } = own
  for (let value = routes[end]; value !== undefined; value = routes[++end]) {
    const opened = open(value)
    if (opened?.cookie?.from === from && opened.text !== own.cookieText)
      own = passedAgain(own, opened.cookie, opened.text)
    else if (!isLeftover(names, value, own, open)) break
    own = { ...own, end: end + 1 }
  }
  return own
}

function firstOwn(routes: readonly string[], open: Opener): OwnValues | undefined {
  for (let at = 0; at < routes.length; at++) {
    const opened = open(routes[at] ?? '')
    if (opened?.cookie) return { cookie: opened.cookie, cookieText: opened.text, end: at + 1 }
  }
  return undefined
}

/**
 * Joins two cookies of a spiral: a call that has passed us more than once. The cookie that was made nearer to the target says
 * where the target is. The dialog data of every pass is retained, because each pass may remove other headers.
 */
function passedAgain({ cookie: before, end }: OwnValues, cookie: DialogCookie, cookieText: string): OwnValues {
  const otherDialogData = [...(before.otherDialogData ?? []), before.dialogData]
  return { cookie: { ...cookie, otherDialogData }, cookieText, end }
}

/**
 * Whether a value of ours has no more use. There are two cases: it has the same cookie again, or it is a URI of ours without a
 * valid cookie. A sender adds such a URI if we are its outbound proxy.
 */
function isLeftover(names: LocalNames, value: string, { cookieText: used }: OwnValues, open: Opener): boolean {
  const uri = uriOf(value)
  if (!uri) return false
  return cookieText(value) === used || (isOwn(names, uri) && !open(value)?.cookie)
}

/** The next hop if no Route value of another proxy is left. Then the Request-URI names the other side itself. */
function contactHop(core: Core, uri: SipUri, cookie: DialogCookie): DialogHop | undefined {
  const { signedTarget, callerTarget = 'contact' } = cookie
  const hop = callable(hopOf(uri), signedTarget.address, core)
  return hop && !givesWay(hop, signedTarget.address, callerTarget) ? hop : undefined
}

/** The only Route value is ours. */
const NO_ROUTES: RouteEdits = { removed: new Set(), all: true, requestUri: undefined, appended: undefined }

function plain(removed: ReadonlySet<number>): RouteEdits {
  return { removed, all: false, requestUri: undefined, appended: undefined }
}

function isStrict(value: string): boolean {
  const uri = uriOf(value)
  return uri !== undefined && uriParameter(uri, 'lr') === undefined
}

/** Whether a URI names us. Its transport is not compared, because the request has already arrived here. */
function isOwn(names: LocalNames, uri: SipUri): boolean {
  return uri.host !== '' && names.isOwn(uriParameter(uri, 'maddr') || uri.host, uri.port)
}

function uriOf(value: string): SipUri | undefined {
  return parseUri(parseNameAddr(value)?.uri ?? '')
}

/** Most values have no cookie. So the text is searched first, and parsed only if it has a cookie. */
function cookieText(value: string): string | undefined {
  const known = cookieAfter(lastStart, value)
  if (known !== undefined || !hasCookie(value)) return known
  const uri = uriOf(value)
  const text = uri && cookieIn(uri.parameters)
  if (text !== undefined) noteStart(value, text)
  return text
}

/** The text before the cookie in the value that was parsed last. Values of ours differ only in the cookie. */
let lastStart = ''

/** Notes the start of a value in which the cookie is the last parameter, spelled without escapes and directly before the `>`. */
function noteStart(value: string, cookie: string): void {
  const start = value.slice(0, value.length - cookie.length - 1)
  if (value === `${start}${cookie}>` && endsInName(start) && !start.includes('>')) lastStart = start
}

/**
 * Finds the cookie in a Route value without the parser. `start`: the text before the cookie in the Route value that was parsed
 * last. This value must begin with the same text, and only characters of base64url may follow before its `>`. Then these
 * characters are the cookie.
 */
function cookieAfter(start: string, value: string): string | undefined {
  const end = value.length - 1
  if (start === '' || value.charCodeAt(end) !== GREATER_THAN || !value.startsWith(start)) return undefined
  for (let at = start.length; at < end; at++) if (!isCookieCharacter(value.charCodeAt(at))) return undefined
  return value.slice(start.length, end)
}

/** Whether base64url has this character. */
function isCookieCharacter(code: number): boolean {
  const lower = code | 0x20
  return (lower >= 0x61 && lower <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x5f
}
