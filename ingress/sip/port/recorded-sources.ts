/** Reads the sources of a request that proxies have recorded in Via. */
import { parseIpAddress } from '../../address/ip-address.ts'
import { firstComma, isLws, skipLws } from '../message/byte-class.ts'
import { HEADER } from '../message/header-name.ts'
import { parameterFault } from '../message/repeated-parameter.ts'
import type { SipMessage } from '../message/sip-message.ts'
import { Via } from '../message/via.ts'
import type { RecordedSource } from './engine.ts'

const OPEN_COMMENT = 0x28
const CLOSE_COMMENT = 0x29

/** One value is read completely before the next one, so all values share this object. */
const via = new Via()

/**
 * The recorded source of every Via value below the top one, nearest first. This also works for messages that are refused, so
 * that a log line can name their sender.
 */
export function recordedSourcesOf(message: SipMessage): readonly RecordedSource[] {
  const { bytes } = message
  const sources: RecordedSource[] = []
  let isTop = true
  for (let row = message.first(HEADER.via); row !== -1; row = message.next(HEADER.via, row)) {
    const lineEnd = message.valueEnd(row)
    for (let at = message.valueStart(row); at < lineEnd; ) {
      const start = skipLws(bytes, at, lineEnd)
      const comma = firstComma(bytes, start, lineEnd)
      // Empty values of a list do not count.
      if (start < comma && !isTop) sources.push(recordedSource(bytes, start, comma))
      if (start < comma) isTop = false
      at = comma + 1
    }
  }
  return sources
}

/**
 * RFC 3261 §18.2.1: the next proxy wrote the packet's source into `received` if sent-by did not have that address. So
 * `received` is read first, then sent-by.
 */
function recordedSource(bytes: Buffer, start: number, comma: number): RecordedSource {
  let end = comma
  while (isLws(bytes[end - 1])) end--
  // RFC 3261 §7.3.1: a parameter must not be repeated. If it is, nobody can tell which value is the source.
  if (parameterFault(bytes, start, end, false)) return 'ambiguous'
  // RFC 2543 allowed comments in Via. Some proxies ignore a parameter inside a comment, and this code would read it. So a Via
  // with a comment has no source.
  if (hasComment(bytes, start, end) || !via.read(bytes, start, end)) return undefined
  return parseIpAddress(via.received ?? via.host)
}

function hasComment(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === OPEN_COMMENT || bytes[at] === CLOSE_COMMENT) return true
  return false
}
