/** Tells which targets a drachtio-server may be asked to call. */
import type { Clock } from '../../time/clock.ts'
import type { DrachtioConfig } from './drachtio-config.ts'
import { PASSED_OVER_REPORT_MS } from './limits.ts'
import type { Reach } from './session-work.ts'

/** This text is short enough for the log, which would cut a longer one. */
const WHY =
  'an IPv6 backend is passed over, because a drachtio-server ends at the ACK to one: start the servers with ' +
  '--disable-nat-detection, and this process with --drachtio-ipv6-backends try'

/**
 * Passes over IPv6 backends if `ipv6Backends` is false. To find far ends behind NAT, a server compares Contact with the
 * packet's source as text. For IPv6 the two texts always differ, because only one of them has brackets. So the server takes the
 * address without brackets as a route, which is not a valid URI, and crashes at the ACK. A server does not tell how it was
 * started, so the person who starts it must configure this.
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
