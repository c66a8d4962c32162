/** The settings that `standalone` and `ingress` share, as a part of their schemas. */
import { z } from 'zod'
import { parseIpPrefix } from '../../ingress/address/ip-address.ts'
import type { ListenAddress } from '../../ingress/sip/native/native-engine.ts'
import { MAX_DRAIN_SECONDS, MAX_LOG_CALLS_PER_SECOND, MAX_RULE_SERIES, MAX_SETTLE_SECONDS } from '../limits.ts'
import { parseAdvertisedAddress, parseHttpAddress, parseListenAddress } from './address-text.ts'
import { ENGINE_SHAPE } from './engine-schema.ts'
import { resolver } from './nameservers.ts'
import { installation, logLevel, one, optional, seconds, textOf, wholeNumber } from './setting-value.ts'
import { overUdpOrTcp } from './transport-advice.ts'

const LISTEN_FORM = 'udp://HOST:PORT or tcp://HOST:PORT with an IP address as HOST, IPv6 in brackets'
const ADVERTISE_FORM = 'HOST or HOST:PORT, IPv6 in brackets'

export const httpAddress = one(textOf(parseHttpAddress, 'HOST:PORT, IPv6 in brackets'))

export const SERVING_SHAPE = {
  ...ENGINE_SHAPE,
  listen: z
    .array(textOf(overUdpOrTcp(parseListenAddress), LISTEN_FORM))
    .refine(areDistinct, 'names the same address twice'),
  datagrams: one(z.enum(['auto', 'batched', 'node'], 'must be auto, batched or node')),
  advertise: optional(textOf(overUdpOrTcp(parseAdvertisedAddress), ADVERTISE_FORM)),
  advertiseInternal: optional(textOf(overUdpOrTcp(parseAdvertisedAddress), ADVERTISE_FORM)),
  ownAddress: z.array(textOf(parseIpPrefix, 'an IP address or a network, 10.0.0.7 or 10.0.0.0/24 for instance')),
  resolver,
  allowResolved: z.array(textOf(parseIpPrefix, 'an IP address or a network, 127.0.0.0/8 for instance')),
  http: httpAddress,
  logLevel: one(logLevel),
  logCallsPerSecond: one(wholeNumber(MAX_LOG_CALLS_PER_SECOND)),
  installation: optional(installation),
  ruleSeries: one(wholeNumber(MAX_RULE_SERIES)),
  settleSeconds: one(seconds(MAX_SETTLE_SECONDS)),
  settleOptions: one(z.enum(['unavailable', 'ok'], 'must be unavailable or ok')),
  drainDeadlineSeconds: one(seconds(MAX_DRAIN_SECONDS)),
}

function areDistinct(listen: readonly ListenAddress[]): boolean {
  const fixed = listen.filter(({ port }) => port !== 0)
  return (
    new Set(fixed.map(({ transport, address, port }) => `${transport} ${address.text} ${port}`)).size === fixed.length
  )
}
