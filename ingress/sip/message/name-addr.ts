/**
 * Reads values of the form `name-addr / addr-spec`, and lists of such values: From, To, Contact, Route, P-Asserted-Identity
 * (RFC 3261 §20.10, §25.1).
 */

import { closingAngle, isLws, LESS_THAN, QUOTE, SEMICOLON, skipLws, skipQuoted } from './byte-class.ts'
import type { UriRange } from './uri-range.ts'

interface NameAddr {
  /** The URI as the sender wrote it, without angle brackets. */
  readonly uri: string
  /** The parameters of the header itself, not of the URI. They are raw and begin with `;`. If there are none, this is `''`. */
  readonly parameters: string
}

/**
 * Reads one value. Undefined if a bracket or quote is not closed. Also undefined if the text after the URI is not a list of
 * parameters.
 */
export function parseNameAddr(text: string): NameAddr | undefined {
  const open = indexOutsideQuotes(text, '<', 0)
  if (open === -1) return parseAddrSpec(text)
  const close = text.indexOf('>', open)
  if (close === -1) return undefined
  const uri = trimLws(text.slice(open + 1, close))
  const parameters = trimLws(text.slice(close + 1))
  if (uri === '' || (parameters !== '' && !parameters.startsWith(';'))) return undefined
  return { uri, parameters }
}

/**
 * Reads the URI of the single value at `start`..`end`. Returns false if `parseNameAddr` would return undefined for this value,
 * or if the URI is not valid.
 */
export function readAddressUri(uri: UriRange, bytes: Buffer, start: number, end: number): boolean {
  let open = start
  while (open < end && bytes[open] !== LESS_THAN) open = bytes[open] === QUOTE ? skipQuoted(bytes, open, end) : open + 1
  if (open === end) return readTrimmed(uri, bytes, start, firstSemicolon(bytes, start, end))
  const close = closingAngle(bytes, open, end)
  if (close === -1) return false
  const after = skipLws(bytes, close + 1, end)
  return (after === end || bytes[after] === SEMICOLON) && readTrimmed(uri, bytes, open + 1, close)
}

function readTrimmed(uri: UriRange, bytes: Buffer, from: number, to: number): boolean {
  const start = skipLws(bytes, from, to)
  let end = to
  while (end > start && isLws(bytes[end - 1])) end--
  return uri.read(bytes, start, end)
}

function firstSemicolon(bytes: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] !== SEMICOLON) at++
  return at
}

/**
 * The values of a comma-separated list; at most the first `most` values. A comma inside quotes or angle brackets does not
 * separate values. Empty values are left out.
 */
export function splitList(text: string, most = Number.POSITIVE_INFINITY): string[] {
  const values: string[] = []
  let from = 0
  for (;;) {
    const comma = listComma(text, from)
    const value = trimLws(text.slice(from, comma === -1 ? text.length : comma))
    if (value !== '') values.push(value)
    if (comma === -1 || values.length >= most) return values
    from = comma + 1
  }
}

/** RFC 3261 §20.10: without angle brackets, everything after a `;` belongs to the header, not to the URI. */
function parseAddrSpec(text: string): NameAddr | undefined {
  const semicolon = text.indexOf(';')
  const uri = trimLws(semicolon === -1 ? text : text.slice(0, semicolon))
  if (uri === '' || uri.includes('"')) return undefined
  return { uri, parameters: semicolon === -1 ? '' : trimLws(text.slice(semicolon)) }
}

function listComma(text: string, from: number): number {
  let at = from
  while (at < text.length) {
    const character = text[at]
    if (character === ',') return at
    if (character === '"') at = afterQuoted(text, at)
    else if (character === '<') at = afterAngles(text, at)
    else at++
  }
  return -1
}

function indexOutsideQuotes(text: string, wanted: string, from: number): number {
  let at = from
  while (at < text.length) {
    if (text[at] === wanted) return at
    at = text[at] === '"' ? afterQuoted(text, at) : at + 1
  }
  return -1
}

function afterQuoted(text: string, open: number): number {
  let at = open + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function afterAngles(text: string, open: number): number {
  const close = text.indexOf('>', open)
  return close === -1 ? text.length : close + 1
}

/**
 * Like `String.trim`, but removes only SP, HTAB, CR and LF. `trim` would also remove a vertical tab, or the byte 0xa0, which is
 * the last byte of many UTF-8 characters.
 */
function trimLws(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isLws(text.charCodeAt(start))) start++
  while (end > start && isLws(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}
