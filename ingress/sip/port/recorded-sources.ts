/** Reads the sources of a request that proxies have recorded in Via. */
import { parseIpAddress } from '../../address/ip-address.ts'
import { HEADER } from '../message/header-name.ts'
import { splitList } from '../message/name-addr.ts'
import { parameterFault } from '../message/repeated-parameter.ts'
import type { SipMessage } from '../message/sip-message.ts'
import { parseVia } from '../message/via.ts'
import type { RecordedSource } from './engine.ts'

/**
 * The recorded source of every Via value below the top one, nearest first. This also works for messages that are refused, so
 * that a log line can name their sender.
 */
export function recordedSourcesOf(message: SipMessage): readonly RecordedSource[] {
  const vias: string[] = []
  for (let row = message.first(HEADER.via); row !== -1; row = message.next(HEADER.via, row)) {
    vias.push(...splitList(message.value(row)))
  }
  return vias.slice(1).map(recordedSource)
}

/**
 * RFC 3261 §18.2.1: the next proxy wrote the packet's source into `received` if sent-by did not have that address. So
 * `received` is read first, then sent-by.
 */
function recordedSource(value: string): RecordedSource {
  const bytes = Buffer.from(value, 'latin1')
  // RFC 3261 §7.3.1: a parameter must not be repeated. If it is, nobody can tell which value is the source.
  if (parameterFault(bytes, 0, bytes.length, false)) return 'ambiguous'
  // RFC 2543 allowed comments in Via. Some proxies ignore a parameter inside a comment, and this code would read it. So a Via
  // with a comment has no source.
  if (/[()]/.test(value)) return undefined
  const via = parseVia(value)
  return via && parseIpAddress(via.received ?? via.host)
}
