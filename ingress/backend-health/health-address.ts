import { hostText } from '../address/ip-address.ts'
import type { ProxyTarget } from '../sip/port/engine.ts'

/** A place to which calls go. */
export interface HealthTarget extends ProxyTarget {
  /** The backend's name again, or `address:port` of one endpoint of a Service or one address of a name. */
  readonly place: string
}

/** The texts of addresses, which are made once for each target. */
const texts = new WeakMap<HealthTarget, string>()

/**
 * The address under which the health of a target is kept, such as `udp:10.0.0.5:5060`. A target without a transport is called by
 * UDP; large requests go to the same server by TCP.
 */
export function healthAddress(target: HealthTarget): string {
  const before = texts.get(target)
  if (before !== undefined) return before
  const { address, port, transport = 'UDP' } = target
  const text = `${transport.toLowerCase()}:${hostText(address)}:${port}`
  texts.set(target, text)
  return text
}
