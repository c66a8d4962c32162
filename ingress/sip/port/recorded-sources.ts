/** What proxies have recorded of where a request came from. */
import { parseIpAddress } from '../../address/ip-address.ts'
import { HEADER } from '../message/header-name.ts'
import { splitList } from '../message/name-addr.ts'
import { parameterFault } from '../message/repeated-parameter.ts'
import type { SipMessage } from '../message/sip-message.ts'
import { parseVia } from '../message/via.ts'
import type { RecordedSource } from './engine.ts'

/** Of every Via below the top one, nearest first; also of a message that is refused, so that a log line can say whose it was. */
export function recordedSourcesOf(message: SipMessage): readonly RecordedSource[] {
  const vias: string[] = []
  for (let row = message.first(HEADER.via); row !== -1; row = message.next(HEADER.via, row)) {
    vias.push(...splitList(message.value(row)))
  }
  return vias.slice(1).map(recordedSource)
}

/** RFC 3261 §18.2.1: whoever received the request wrote the packet's source into `received` where sent-by said less. */
function recordedSource(value: string): RecordedSource {
  const bytes = Buffer.from(value, 'latin1')
  // RFC 3261 §7.3.1: of two addresses none is the source.
  if (parameterFault(bytes, 0, bytes.length, false)) return 'ambiguous'
  // RFC 2543 allowed comments, inside which some proxies see no parameter and this one would.
  if (/[()]/.test(value)) return undefined
  const via = parseVia(value)
  return via && parseIpAddress(via.received ?? via.host)
}
