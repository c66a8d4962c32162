/** The configuration of `probe`: the target, the address for readiness, and the timeout. */
import { z } from 'zod'
import { MAX_PROBE_SECONDS } from '../limits.ts'
import { parseReadyUrl, parseSipAddress, type SipAddress } from '../settings/address-text.ts'
import { type Environment, type Flags, frozen, readConfig } from '../settings/config.ts'
import { one, optional, seconds, textOf } from '../settings/setting-value.ts'
import { PROBE_SETTINGS } from '../settings/settings.ts'
import { overUdpOrTcp } from '../settings/transport-advice.ts'

export interface ProbeConfig {
  readonly sip: SipAddress
  /** The address where the process reports its readiness. The path is always /readyz. */
  readonly ready: URL | undefined
  readonly timeoutMs: number
}

const PROBE = z.object({
  sip: one(textOf(overUdpOrTcp(parseSipAddress), 'udp://HOST:PORT or tcp://HOST:PORT, IPv6 in brackets')),
  ready: optional(textOf(parseReadyUrl, 'http://HOST:PORT, IPv6 in brackets')),
  timeoutSeconds: one(seconds(MAX_PROBE_SECONDS)),
})

/** The configuration of `probe`, frozen. Throws a `ConfigError` with every problem. */
export function readProbeConfig(flags: Flags<typeof PROBE_SETTINGS>, environment?: Environment): ProbeConfig {
  const { sip, ready, timeoutSeconds } = readConfig(PROBE, { settings: PROBE_SETTINGS, flags, environment })
  return frozen({ sip, ready, timeoutMs: timeoutSeconds })
}
