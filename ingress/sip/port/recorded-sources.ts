/** The sources of a request, as proxies have recorded them. */
import { parseIpAddress } from '../../address/ip-address.ts'
import { HEADER } from '../message/header-name.ts'
import { splitList } from '../message/name-addr.ts'
import { parameterFault } from '../message/repeated-parameter.ts'
import type { SipMessage } from '../message/sip-message.ts'
import { parseVia } from '../message/via.ts'
import type { RecordedSource } from './engine.ts'

/**
 * The recorded source of every Via below the top one, nearest first. This works for refused messages too, so that a log line can
 * name the sender.
 */
export function recordedSourcesOf(message: SipMessage): readonly RecordedSource[] {
  const vias: string[] = []
  for (let row = message.first(HEADER.via); row !== -1; row = message.next(HEADER.via, row)) {
    vias.push(...splitList(message.value(row)))
  }
  return vias.slice(1).map(recordedSource)
}

/** RFC 3261 §18.2.1: the receiver of the request wrote the packet's source into `received`, if sent-by did not say it. */
function recordedSource(value: string): RecordedSource {
  const bytes = Buffer.from(value, 'latin1')
  // RFC 3261 §7.3.1: if there are two addresses, neither counts as the source.
  if (parameterFault(bytes, 0, bytes.length, false)) return 'ambiguous'
  // RFC 2543 allowed comments. Some proxies ignore a parameter inside a comment, but this code would read it.
  if (/[()]/.test(value)) return undefined
  const via = parseVia(value)
  return via && parseIpAddress(via.received ?? via.host)
}
