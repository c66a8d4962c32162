/** RFC 3261 §16.4 and §12.2: what the route set of a request says, if a cookie of ours is in it. */
import type { DialogCookie, DialogHop } from '../engine.ts'
import { HEADER } from '../message/header-name.ts'
import { parseNameAddr } from '../message/name-addr.ts'
import { parseMessage } from '../message/parse-message.ts'
import type { RequestFacts } from '../message/request-facts.ts'
import { rewriteMessage } from '../message/rewrite-message.ts'
import { SipMessage } from '../message/sip-message.ts'
import { parseUri, uriParameter } from '../message/uri.ts'
import type { CookieSealer } from './dialog-cookie.ts'
import { allValues, hopOf, hopOfValue } from './dialog-target.ts'
import type { RouteEdits } from './forwarded-request.ts'
import { COOKIE_PARAMETER } from './record-route.ts'

export interface DialogRoute {
  readonly cookie: DialogCookie
  /** Where the request points once our own values are off; undefined where that is no address. */
  readonly nextHop: DialogHop | undefined
  readonly edits: RouteEdits
}

/** Undefined unless the first Route value carries a cookie that is valid for this dialog. */
export function readDialogRoute(
  message: SipMessage,
  facts: RequestFacts,
  cookies: CookieSealer,
): DialogRoute | undefined {
  const routes = allValues(message, HEADER.route)
  const text = cookieText(routes[0])
  const tags = { callId: facts.callId, fromTag: facts.fromTag, toTag: facts.toTag }
  const cookie = text === undefined ? undefined : cookies.open(text, tags)
  if (!cookie) return undefined
  // RFC 5658 §5: where we have put two values, both MAY be removed at once.
  const own = routes[1] !== undefined && cookieText(routes[1]) === text ? 2 : 1
  const next = routes[own]
  if (next === undefined) return { cookie, nextHop: hopOf(facts.uri), edits: plain(own) }
  return { cookie, nextHop: hopOfValue(next), edits: isStrict(next) ? strictEdits(message, next, own) : plain(own) }
}

/**
 * RFC 3261 §16.4: a strict router before us has put our own value into the Request-URI; the last Route value is what
 * the Request-URI was. Undefined where that is not so.
 */
export function undoStrictRoute(message: SipMessage, facts: RequestFacts): SipMessage | undefined {
  const own = uriParameter(facts.uri, COOKIE_PARAMETER)
  const routes = own ? allValues(message, HEADER.route) : []
  const target = parseNameAddr(routes.at(-1) ?? '')?.uri
  if (target === undefined) return undefined
  const values = [`<${message.requestUri()}>`, ...routes.slice(0, -1)]
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

function plain(removed: number): RouteEdits {
  return { removed, requestUri: undefined, appended: undefined }
}

/** §16.6 step 6: the next hop is a strict router. */
function strictEdits(message: SipMessage, next: string, own: number): RouteEdits {
  return { removed: own + 1, requestUri: parseNameAddr(next)?.uri, appended: message.requestUri() }
}

function isStrict(value: string): boolean {
  const uri = parseUri(parseNameAddr(value)?.uri ?? '')
  return uri !== undefined && uriParameter(uri, 'lr') === undefined
}

function cookieText(value: string | undefined): string | undefined {
  if (!value?.includes(`;${COOKIE_PARAMETER}=`)) return undefined
  const uri = parseUri(parseNameAddr(value)?.uri ?? '')
  return uri && uriParameter(uri, COOKIE_PARAMETER)
}
