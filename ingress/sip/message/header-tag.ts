import {
  EQUALS,
  isLws,
  isWord,
  LESS_THAN,
  latin1,
  QUOTE,
  SEMICOLON,
  skipAngles,
  skipLws,
  skipQuoted,
} from './byte-class.ts'
import type { SipMessage } from './sip-message.ts'

/** The tag of a From or To header (RFC 3261 §19.3), read from the bytes. Undefined if the header has no tag. */
export function readTag(message: SipMessage, row: number): string | undefined {
  const start = tagStart(message, row)
  const end = message.valueEnd(row)
  let at = start
  while (at < end && !isLws(message.bytes[at]) && message.bytes[at] !== SEMICOLON) at++
  return start === end ? undefined : latin1(message.bytes, start, at)
}

/** Whether a From or To header has a tag. */
export function hasTag(message: SipMessage, row: number): boolean {
  return tagStart(message, row) !== message.valueEnd(row)
}

/** The offset of the tag's value. If there is no tag, or an empty one, the end of the header's value. */
function tagStart(message: SipMessage, row: number): number {
  const { bytes } = message
  const end = message.valueEnd(row)
  let at = message.valueStart(row)
  while (at < end) {
    const byte = bytes[at]
    if (byte === QUOTE) at = skipQuoted(bytes, at, end)
    else if (byte === LESS_THAN) at = skipAngles(bytes, at, end)
    else if (byte === SEMICOLON && isTag(bytes, skipLws(bytes, at + 1, end))) return tagValueStart(bytes, at, end)
    else at++
  }
  return end
}

/** Whether the whole parameter name at this offset is `tag`. A longer name that begins with `tag` does not count. */
function isTag(bytes: Buffer, at: number): boolean {
  return isWord(bytes, at, 'tag') && (isLws(bytes[at + 3]) || bytes[at + 3] === EQUALS)
}

function tagValueStart(bytes: Buffer, semicolon: number, end: number): number {
  const equals = skipLws(bytes, skipLws(bytes, semicolon + 1, end) + 3, end)
  if (equals >= end || bytes[equals] !== EQUALS) return end
  const start = skipLws(bytes, equals + 1, end)
  return bytes[start] === SEMICOLON ? end : start
}
