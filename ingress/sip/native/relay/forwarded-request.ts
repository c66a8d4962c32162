/** RFC 3261 §16.6: the copy of a request that goes to the next hop. Bytes that no step changes are left unchanged. */

import { MAX_BREADTH } from '../../limits.ts'
import { HEADER, headerIdOf } from '../../message/header-name.ts'
import { splitList } from '../../message/name-addr.ts'
import type { RequestFacts } from '../../message/request-facts.ts'
import { type MessageEdits, rewriteMessage } from '../../message/rewrite-message.ts'
import type { SipMessage } from '../../message/sip-message.ts'
import { viaWithSource } from '../../message/write-response.ts'
import type { HeaderField } from '../../port/engine.ts'
import { headerLine } from '../../proxy/header-edits.ts'

/** The facts about a request's source that are written into the sender's own top Via: RFC 3261 §18.2.1, RFC 3581 §4. */
export interface ViaSource {
  readonly received: string | undefined
  readonly rport: number | undefined
}

/** The changes of the route set of an in-dialog request (RFC 3261 §16.4, §16.6 step 6). */
export interface RouteEdits {
  /**
   * The values that are removed, counted from the top: our own values, the values above them, and the value of a strict router,
   * which becomes the Request-URI.
   */
  readonly removed: ReadonlySet<number>
  /**
   * If a strict router comes next: `requestUri` is that router's URI, and `appended` is the original Request-URI, as the last
   * Route value.
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
  /** Undefined: the Request-URI stays. */
  readonly requestUri: string | undefined
  /** Complete lines, or nothing. */
  readonly recordRoute: string
  /** Undefined: every Route is removed, because the target was decided without the Routes. */
  readonly routes: RouteEdits | undefined
  readonly setHeaders: readonly HeaderField[]
  readonly removeHeaders: readonly string[]
  /** Undefined for an ACK, which makes no branches: the header is left unchanged. */
  readonly maxBreadth: number | undefined
  /** RFC 3261 §18.3: streams need a Content-Length. */
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

/** The source is written into the Via, so that a response finds its way back even if a later element sends it on another path. */
function rewriteTopVia(request: ForwardedRequest, replaced: Map<number, string>): void {
  const { received, rport } = request.viaSource
  if (received === undefined && rport === undefined) return
  const row = request.message.first(HEADER.via)
  replaced.set(row, viaWithSource(request.message, row, request.viaSource))
}

/** RFC 3261 §16.4. Preloaded routes are never followed, so a call that a rule routes is forwarded without them. */
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

/** §16.6 step 3. */
function decrementMaxForwards(request: ForwardedRequest, replaced: Map<number, string>): string {
  const { message, facts } = request
  if (facts.maxForwards === undefined) return 'Max-Forwards: 70\r\n'
  replaced.set(message.first(HEADER.maxForwards), `Max-Forwards: ${facts.maxForwards - 1}\r\n`)
  return ''
}

/**
 * RFC 5393 §5.3.3: if Max-Breadth is absent, it MUST be added. The share of a branch limits how many branches later proxies may
 * make from it.
 */
function limitBreadth(request: ForwardedRequest, replaced: Map<number, string>): string {
  if (request.maxBreadth === undefined) return ''
  const row = request.message.first(HEADER.maxBreadth)
  const line = `Max-Breadth: ${Math.min(request.maxBreadth, MAX_BREADTH)}\r\n`
  if (row === -1) return line
  replaced.set(row, line)
  return ''
}

/** A header that a rule sets replaces every value that the caller sent under its name. */
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
