import {
  EQUALS,
  isLws,
  LESS_THAN,
  QUOTE,
  SEMICOLON,
  skipAngles,
  skipLws,
  skipQuoted,
  tokenLower,
} from './byte-class.ts'
import type { SipMessage } from './sip-message.ts'

/** The tag of a From or To header (RFC 3261 §19.3), read from the bytes. Undefined if the header has no tag. */
export function readTag(message: SipMessage, row: number): string | undefined {
  const { bytes } = message
  const end = message.valueEnd(row)
  let at = message.valueStart(row)
  while (at < end) {
    const byte = bytes[at]
    if (byte === QUOTE) at = skipQuoted(bytes, at, end)
    else if (byte === LESS_THAN) at = skipAngles(bytes, at, end)
    else if (byte === SEMICOLON && isTag(bytes, skipLws(bytes, at + 1, end))) return tagValue(bytes, at, end)
    else at++
  }
  return undefined
}

/** Whether the whole parameter name at this offset is `tag`. A longer name that begins with `tag` does not count. */
function isTag(bytes: Buffer, at: number): boolean {
  return (
    tokenLower(bytes, at) === 0x74 &&
    tokenLower(bytes, at + 1) === 0x61 &&
    tokenLower(bytes, at + 2) === 0x67 &&
    (isLws(bytes[at + 3]) || bytes[at + 3] === EQUALS)
  )
}

function tagValue(bytes: Buffer, semicolon: number, end: number): string | undefined {
  const equals = skipLws(bytes, skipLws(bytes, semicolon + 1, end) + 3, end)
  if (equals >= end || bytes[equals] !== EQUALS) return undefined
  const start = skipLws(bytes, equals + 1, end)
  let at = start
  while (at < end && !isLws(bytes[at]) && bytes[at] !== SEMICOLON) at++
  return at === start ? undefined : bytes.toString('latin1', start, at)
}
