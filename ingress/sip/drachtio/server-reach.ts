/** Where a drachtio-server may be sent. */
import type { Clock } from '../../time/clock.ts'
import type { DrachtioConfig } from './drachtio-config.ts'
import { PASSED_OVER_REPORT_MS } from './limits.ts'
import type { Reach } from './session-work.ts'

/** Short, so that the log has it whole. */
const WHY =
  'an IPv6 backend is passed over, because a drachtio-server ends at the ACK to one: start the servers with ' +
  '--disable-nat-detection, and this process with --drachtio-ipv6-backends try'

/**
 * A server looks for far ends behind NAT by comparing Contact with the packet's source as text. IPv6 never compares equal
 * there, for the one has brackets; it then makes a route of the bare address, which is no URI, and ends when it sends the
 * ACK along that. It does not say to an application how it was started, so that whoever starts it has to.
 */
export function createReach(
  { ipv6Backends }: Pick<DrachtioConfig, 'ipv6Backends'>,
  clock: Clock,
  onFault: (code: string, message: string) => void,
): Reach {
  let reportedAt = Number.NEGATIVE_INFINITY
  return ({ id, address }) => {
    if (ipv6Backends || address.family === 4) return true
    const now = clock.now()
    if (now - reportedAt >= PASSED_OVER_REPORT_MS) {
      reportedAt = now
      onFault('drachtio-ipv6-backend', `${id}: ${WHY}`)
    }
    return false
  }
}
