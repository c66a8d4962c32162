import { parseIpAddress } from '../../ingress/address/ip-address.ts'
import type { CallDecided, CallSource } from '../../ingress/call/call-events.ts'

/** A source as an engine reports it. */
export function callSource(text: string): CallSource {
  const address = parseIpAddress(text)
  if (!address) throw new Error(`${text} is not an IP address`)
  return { address, port: 5060, transport: 'UDP' }
}

/** A call that was forwarded and answered, decided in 20 µs and answered after 400 ms, unless `overrides` say otherwise. */
export function callDecided(overrides: Partial<CallDecided> = {}): CallDecided {
  return {
    type: 'call',
    decisionId: 'Jw5hQ0vT3zM',
    callId: 'a84b4c76e66710@203.0.113.7',
    source: callSource('203.0.113.7'),
    outcome: 'forwarded',
    status: 200,
    trunk: 'default/acme',
    rule: 'default/sales',
    reason: 'OK',
    noRuleReason: undefined,
    overLimitReason: undefined,
    called: '+15551234567',
    calling: '+15557654321',
    backend: 'sip:10.0.0.5:5060',
    attempts: [],
    passedOver: [],
    receivedAt: 1000,
    decidedAt: 1000.02,
    endedAt: 1400,
    ...overrides,
  }
}
