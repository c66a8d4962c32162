/**
 * RFC 3261 §16.6: writes the copy of a request that goes to the next hop. Bytes that no step of §16.6 changes stay as they are.
 */

import { MAX_BREADTH } from '../../limits.ts'
import { ByteWriter } from '../../message/byte-writer.ts'
import { HEADER, HEADER_IDS, headerIdOf } from '../../message/header-name.ts'
import { splitList } from '../../message/name-addr.ts'
import type { RequestFacts } from '../../message/request-facts.ts'
import type { SipMessage } from '../../message/sip-message.ts'
import { viaWithSource } from '../../message/write-response.ts'
import type { HeaderField } from '../../port/engine.ts'
import { headerLine } from '../../proxy/header-edits.ts'
import { type RecordRouteSides, writeRecordRoutes } from './record-route.ts'

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
  /** Whether every Route value is removed. Then no value has to be told from another one. */
  readonly all: boolean
  /**
   * Set only if a strict router comes next. `requestUri` is that router's URI. `appended` is the original Request-URI, which
   * becomes the last Route value.
   */
  readonly requestUri: string | undefined
  readonly appended: string | undefined
}

/** Every Route value stays. */
export const ROUTES_AS_THEY_ARE: RouteEdits = {
  removed: new Set(),
  all: false,
  requestUri: undefined,
  appended: undefined,
}

export interface ForwardedRequest {
  readonly message: SipMessage
  readonly facts: RequestFacts
  readonly viaSource: ViaSource
  /** Our Via value up to the value of its branch parameter, and that value. */
  readonly viaStart: string
  readonly branchId: string
  /** If this is undefined, the Request-URI stays as it is. */
  readonly requestUri: string | undefined
  /** Undefined if no Record-Route is added. */
  readonly recordRoute: RecordRouteSides | undefined
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

/** All forwarded requests are written here, one after the other. */
const COPY = new ByteWriter()

export function writeForwardedRequest(request: ForwardedRequest): Buffer {
  const { message } = request
  COPY.begin(message.bytes, message.start)
  writeStartLine(request)
  writeTop(request)
  markEdited(request)
  let routesAbove = 0
  for (let row = 0; row < message.headerCount; row++) {
    const id = message.id(row)
    if (EDITED[id] === 1 && isEdited(request, row, id)) replaceRow(message, row, '')
    else if (id === HEADER.via) rewriteVia(request, row)
    else if (id === HEADER.route) routesAbove += removeRoutes(request, row, routesAbove)
    else if (id === HEADER.maxForwards) decrementMaxForwards(request, row)
    else if (id === HEADER.maxBreadth) limitBreadth(request, row)
  }
  COPY.copyTo(message.headersEnd)
  writeBottom(request)
  COPY.copyTo(message.end)
  return COPY.finish()
}

function writeStartLine({ message, requestUri }: ForwardedRequest): void {
  if (requestUri === undefined) {
    COPY.copyTo(message.uriEnd)
  } else {
    COPY.copyTo(message.uriStart)
    COPY.text(requestUri)
  }
  COPY.text(' SIP/2.0\r\n')
  COPY.leaveOut(message.headersStart)
}

/** Our own header lines, above those of the sender. */
function writeTop({ message, facts, viaStart, branchId, recordRoute, maxBreadth, stream }: ForwardedRequest): void {
  // RFC 3261 §16.6 step 8: our Via with a new branch parameter. RFC 3581 §3: over UDP it has an empty `rport`.
  COPY.text('Via: ')
  COPY.text(viaStart)
  COPY.text(branchId)
  COPY.text(stream ? '\r\n' : ';rport\r\n')
  if (recordRoute) writeRecordRoutes(COPY, recordRoute)
  // RFC 3261 §16.6 step 3: if Max-Forwards is absent, it is added with 70.
  if (facts.maxForwards === undefined) COPY.text('Max-Forwards: 70\r\n')
  // RFC 5393 §5.3.3: if Max-Breadth is absent, it MUST be added.
  if (maxBreadth !== undefined && message.first(HEADER.maxBreadth) === -1) writeBreadth(maxBreadth)
}

function writeBottom({ message, routes, setHeaders, stream }: ForwardedRequest): void {
  if (routes?.appended) COPY.text(`Route: <${routes.appended}>\r\n`)
  for (let i = 0; i < setHeaders.length; i++) {
    const field = setHeaders[i]
    if (field) COPY.text(headerLine(field))
  }
  if (!stream || message.first(HEADER.contentLength) !== -1) return
  COPY.text('Content-Length: ')
  COPY.decimal(message.bodyEnd - message.bodyStart)
  COPY.lineEnd()
}

/** Writes complete lines in place of a row. With `''`, the row is left out. */
function replaceRow(message: SipMessage, row: number, lines: string): void {
  COPY.copyTo(message.lineStart(row))
  COPY.text(lines)
  COPY.leaveOut(message.lineEnd(row))
}

/**
 * Writes the source into the sender's Via. A later element may send the response on another path, and then this Via still says
 * where the response must go.
 */
function rewriteVia({ message, viaSource }: ForwardedRequest, row: number): void {
  if (viaSource.received === undefined && viaSource.rport === undefined) return
  if (message.first(HEADER.via) === row) replaceRow(message, row, viaWithSource(message, row, viaSource))
}

/**
 * RFC 3261 §16.4: removes the Route values that name us. A new call loses all its Route values: a rule has chosen the target,
 * so routes that the caller has preset are never followed. `above`: the number of values in the rows above. Returns the number
 * of values in this row; for a new call, nobody needs it.
 */
function removeRoutes({ message, routes }: ForwardedRequest, row: number, above: number): number {
  if (routes === undefined || routes.all) {
    replaceRow(message, row, '')
    return 0
  }
  const values = splitList(message.value(row))
  const kept = values.filter((_, index) => !routes.removed.has(above + index))
  if (kept.length === 0) replaceRow(message, row, '')
  else if (kept.length < values.length) replaceRow(message, row, `Route: ${kept.join(', ')}\r\n`)
  return values.length
}

/** RFC 3261 §16.6 step 3: each proxy lowers Max-Forwards by one. */
function decrementMaxForwards({ message, facts }: ForwardedRequest, row: number): void {
  if (facts.maxForwards === undefined) return
  replaceRow(message, row, 'Max-Forwards: ')
  COPY.decimal(facts.maxForwards - 1)
  COPY.lineEnd()
}

/** RFC 5393 §5.3.3: Max-Breadth limits how many parallel branches the later proxies may make from this branch. */
function limitBreadth({ message, maxBreadth }: ForwardedRequest, row: number): void {
  if (maxBreadth === undefined || message.first(HEADER.maxBreadth) !== row) return
  replaceRow(message, row, '')
  writeBreadth(maxBreadth)
}

function writeBreadth(maxBreadth: number): void {
  COPY.text('Max-Breadth: ')
  COPY.decimal(Math.min(maxBreadth, MAX_BREADTH))
  COPY.lineEnd()
}

/** For each header id, 1 if the rule sets or removes a header with this id. */
const EDITED = new Uint8Array(HEADER_IDS)
/** The lists for which `EDITED` is filled. Most calls have the same lists, so it is filled once for many requests. */
let markedSet: readonly HeaderField[] | undefined
let markedRemove: readonly string[] | undefined

function markEdited({ setHeaders, removeHeaders }: ForwardedRequest): void {
  if (setHeaders === markedSet && removeHeaders === markedRemove) return
  markedSet = setHeaders
  markedRemove = removeHeaders
  EDITED.fill(0)
  for (let i = 0; i < removeHeaders.length; i++) EDITED[headerIdOf(removeHeaders[i] ?? '')] = 1
  for (let i = 0; i < setHeaders.length; i++) EDITED[headerIdOf(setHeaders[i]?.name ?? '')] = 1
}

/**
 * Whether the rule sets or removes the header of this row. If the rule sets a header, all values that the sender wrote under that
 * name are removed. A header without an id of its own is compared by its name.
 */
function isEdited({ message, setHeaders, removeHeaders }: ForwardedRequest, row: number, id: number): boolean {
  if (id !== HEADER.other) return true
  const name = message.nameText(row).toLowerCase()
  return (
    removeHeaders.some((removed) => removed.toLowerCase() === name) ||
    setHeaders.some((field) => field.name.toLowerCase() === name)
  )
}
