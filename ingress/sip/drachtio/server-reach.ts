/** Which targets a drachtio-server may be asked to call. */
import type { Clock } from '../../time/clock.ts'
import type { DrachtioConfig } from './drachtio-config.ts'
import { PASSED_OVER_REPORT_MS } from './limits.ts'
import type { Reach } from './session-work.ts'

/** This text is short, so that the log does not cut it. */
const WHY =
  'an IPv6 backend is passed over, because a drachtio-server ends at the ACK to one: start the servers with ' +
  '--disable-nat-detection, and this process with --drachtio-ipv6-backends try'

/**
 * Passes over IPv6 backends, unless the configuration says that the servers can call them. To find far ends behind NAT, a
 * server compares Contact with the source of the packet as text. Two IPv6 addresses are never equal in this comparison,
 * because only one of them has brackets. The server then makes a route from the address without brackets, which is not a URI,
 * and ends when it sends the ACK along that route. A server does not report to an application how it was started. So the
 * person who starts the server must configure `ipv6Backends`.
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
