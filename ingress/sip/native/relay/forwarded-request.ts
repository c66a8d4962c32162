/**
 * RFC 3261 §16.6: writes the copy of a request that goes to the next hop. Bytes that no step of §16.6 changes stay as they are.
 */

import { MAX_BREADTH } from '../../limits.ts'
import { HEADER, headerIdOf } from '../../message/header-name.ts'
import { splitList } from '../../message/name-addr.ts'
import type { RequestFacts } from '../../message/request-facts.ts'
import { type MessageEdits, rewriteMessage } from '../../message/rewrite-message.ts'
import type { SipMessage } from '../../message/sip-message.ts'
import { viaWithSource } from '../../message/write-response.ts'
import type { HeaderField } from '../../port/engine.ts'
import { headerLine } from '../../proxy/header-edits.ts'

/**
 * Facts about the source of a request. They are written into the top Via, which is the sender's: RFC 3261 §18.2.1, RFC 3581 §4.
 */
export interface ViaSource {
  readonly received: string | undefined
  readonly rport: number | undefined
}

/** How the Route values of an in-dialog request are changed (RFC 3261 §16.4, §16.6 step 6). */
export interface RouteEdits {
  /**
   * The indexes of the Route values that are removed; the top one is 0. These are our own values, all values above them, and
   * the value of a strict router if one comes next.
   */
  readonly removed: ReadonlySet<number>
  /**
   * Set only if a strict router comes next. `requestUri` is that router's URI. `appended` is the original Request-URI, which
   * becomes the last Route value.
   */
  readonly requestUri: string | undefined
  readonly appended: string | undefined
}

/** Every Route value stays. */
export const ROUTES_AS_THEY_ARE: RouteEdits = { removed: new Set(), requestUri: undefined, appended: undefined }

export interface ForwardedRequest {
  readonly message: SipMessage
  readonly facts: RequestFacts
  readonly viaSource: ViaSource
  /** Our Via value, without the header name. */
  readonly via: string
  /** If this is undefined, the Request-URI stays as it is. */
  readonly requestUri: string | undefined
  /** Complete lines, each with its line end. The text is empty if no Record-Route is added. */
  readonly recordRoute: string
  /**
   * If this is undefined, every Route is removed. This is right for a new call: the rule has chosen the target, not the Routes.
   */
  readonly routes: RouteEdits | undefined
  readonly setHeaders: readonly HeaderField[]
  readonly removeHeaders: readonly string[]
  /** The value for Max-Breadth. It is undefined for an ACK: an ACK makes no branches, so its header stays as it is. */
  readonly maxBreadth: number | undefined
  /** Whether the copy goes over a stream. RFC 3261 §18.3: on a stream, the message needs a Content-Length. */
  readonly stream: boolean
}

export function writeForwardedRequest(request: ForwardedRequest): Buffer {
  const { message } = request
  const replaced = new Map<number, string>()
  rewriteTopVia(request, replaced)
  removeRoutes(request, replaced)
  const hops = decrementMaxForwards(request, replaced)
  const breadth = limitBreadth(request, replaced)
  const length =
    request.stream && message.first(HEADER.contentLength) === -1
      ? `Content-Length: ${message.bodyEnd - message.bodyStart}\r\n`
      : ''
  const own = changeHeaders(request, replaced)
  const edits: MessageEdits = {
    startLine: `${message.method} ${request.requestUri ?? message.requestUri()} SIP/2.0`,
    top: `Via: ${request.via}\r\n${request.recordRoute}${hops}${breadth}`,
    replaced,
    bottom: `${request.routes?.appended ? `Route: <${request.routes.appended}>\r\n` : ''}${own}${length}`,
  }
  return rewriteMessage(message, edits)
}

/**
 * Writes the source into the sender's Via. A later element may send the response on another path, and then this Via still says
 * where the response must go.
 */
function rewriteTopVia(request: ForwardedRequest, replaced: Map<number, string>): void {
  const { received, rport } = request.viaSource
  if (received === undefined && rport === undefined) return
  const row = request.message.first(HEADER.via)
  replaced.set(row, viaWithSource(request.message, row, request.viaSource))
}

/**
 * RFC 3261 §16.4: removes the Route values that name us. A new call loses all its Route values: a rule has chosen the target,
 * so routes that the caller has preset are never followed.
 */
function removeRoutes(request: ForwardedRequest, replaced: Map<number, string>): void {
  const { message } = request
  const removed = request.routes?.removed
  let above = 0
  for (let row = message.first(HEADER.route); row !== -1; row = message.next(HEADER.route, row)) {
    const values = removed ? splitList(message.value(row)) : []
    const from = above
    const kept = values.filter((_, index) => !removed?.has(from + index))
    above += values.length
    if (kept.length < values.length || kept.length === 0) {
      replaced.set(row, kept.length === 0 ? '' : `Route: ${kept.join(', ')}\r\n`)
    }
  }
}

/** RFC 3261 §16.6 step 3: each proxy lowers Max-Forwards by one. If the header is absent, it is added with 70. */
function decrementMaxForwards(request: ForwardedRequest, replaced: Map<number, string>): string {
  const { message, facts } = request
  if (facts.maxForwards === undefined) return 'Max-Forwards: 70\r\n'
  replaced.set(message.first(HEADER.maxForwards), `Max-Forwards: ${facts.maxForwards - 1}\r\n`)
  return ''
}

/**
 * RFC 5393 §5.3.3: if Max-Breadth is absent, it MUST be added. It limits how many parallel branches the later proxies may make
 * from this branch.
 */
function limitBreadth(request: ForwardedRequest, replaced: Map<number, string>): string {
  if (request.maxBreadth === undefined) return ''
  const row = request.message.first(HEADER.maxBreadth)
  const line = `Max-Breadth: ${Math.min(request.maxBreadth, MAX_BREADTH)}\r\n`
  if (row === -1) return line
  replaced.set(row, line)
  return ''
}

/**
 * Sets and removes headers as the rule says. If the rule sets a header, all values that the caller sent under that name are
 * removed.
 */
function changeHeaders(request: ForwardedRequest, replaced: Map<number, string>): string {
  const { message, setHeaders, removeHeaders } = request
  if (setHeaders.length + removeHeaders.length === 0) return ''
  const names = new Set([...removeHeaders, ...setHeaders.map((field) => field.name)].map((name) => name.toLowerCase()))
  const known = new Set([...names].map(headerIdOf).filter((id) => id !== HEADER.other))
  for (let row = 0; row < message.headerCount; row++) {
    const id = message.id(row)
    const hit = id === HEADER.other ? names.has(message.nameText(row).toLowerCase()) : known.has(id)
    if (hit) replaced.set(row, '')
  }
  return setHeaders.map(headerLine).join('')
}
