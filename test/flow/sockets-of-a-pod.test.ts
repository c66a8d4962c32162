import { describe, expect, it } from '@jest/globals'
import { parseIpAddress } from '../../ingress/address/ip-address.ts'
import type { Backend, TableEntry, UriBackend } from '../../ingress/route-table/route-table.ts'
import type { TransportName } from '../../ingress/sip/port/engine.ts'
import { type Harness, PEER, routeAction, ruleEntry, startHarness, trunkEntry } from '../support/engine-harness.ts'
import { requestText, statusOf } from '../support/sip-text.ts'
import { serviceEntry } from '../support/table-entries.ts'

function backend(address: string, fields: Partial<UriBackend> = {}): UriBackend {
  const host = address.includes(':') ? `[${address}]` : address
  return { uri: `sip:${host}:5080`, address, port: 5080, uriParameters: '', weight: 1, tier: 0, ...fields }
}

const V6 = backend('2001:db8::5', { weight: 99 })
const V4 = backend('10.0.0.1')

interface World {
  readonly backends: readonly Backend[]
  readonly listen?: readonly (readonly [TransportName, string])[]
  readonly services?: readonly TableEntry[]
  readonly fraction?: () => number
}

function pod({
  backends,
  listen = [
    ['UDP', '192.0.2.1'],
    ['TCP', '192.0.2.1'],
  ],
  services = [],
  fraction,
}: World): Promise<Harness> {
  const addresses = listen.flatMap(([transport, text]) => {
    const address = parseIpAddress(text)
    return address ? [{ transport, address, port: 5060 }] : []
  })
  const rule = ruleEntry({ action: routeAction({ backends: [...backends] }) })
  const trunk = trunkEntry({ sources: ['198.51.100.0/24', '2001:db8:9::/48'] })
  return startHarness({
    entries: [trunk, rule, ...services],
    engine: { listen: addresses },
    ...(fraction && { fraction }),
  })
}

/** Where the first INVITE of each of so many calls goes. */
function placesOf(harness: Harness, calls: number): Map<string, number> {
  const places = new Map<string, number>()
  for (let n = 0; n < calls; n++) {
    const before = harness.network.sent.length
    harness.network.deliver(PEER, requestText({ callId: `call-${n}`, branch: `z9hG4bK-${n}` }))
    const to = harness.network.sent.slice(before).find((packet) => packet.to !== PEER)?.to ?? 'nowhere'
    places.set(to, (places.get(to) ?? 0) + 1)
  }
  return places
}

function evenly(): () => number {
  let last = 0
  return () => {
    last = (last + 0.618_033_988_749_895) % 1
    return last
  }
}

describe('a backend of a family for which the pod has no socket', () => {
  it('is passed over while another is there, in its tier or in a later one', async () => {
    for (const backends of [
      [V6, V4],
      [V6, backend('10.0.0.1', { tier: 1 })],
    ]) {
      const harness = await pod({ backends, fraction: evenly() })
      expect([...placesOf(harness, 20)]).toEqual([['10.0.0.1:5080', 20]])
      expect(harness.events.filter(({ type }) => type === 'backend-attempt')).toEqual([])
    }
  })

  it('leaves the others their shares by weight', async () => {
    const backends = [V6, backend('10.0.0.1', { weight: 3 }), backend('10.0.0.2', { weight: 1 })]
    const places = placesOf(await pod({ backends, fraction: evenly() }), 400)
    expect(places.get('10.0.0.1:5080')).toBeGreaterThan(280)
    expect(places.get('10.0.0.2:5080')).toBeGreaterThan(80)
    expect(places.size).toBe(2)
  })

  it('takes none of the tries that a Service has', async () => {
    const ready = [...Array.from({ length: 30 }, (_, n) => `2001:db8::${n + 1}`), '10.0.0.9']
    const service = serviceEntry('pbx', { ready })
    const harness = await pod({ backends: [{ service: service.name, weight: 1, tier: 0 }], services: [service] })
    expect([...placesOf(harness, 5).keys()]).toEqual(['10.0.0.9:5060'])
  })

  it('is called where the pod listens on IPv6 too', async () => {
    const harness = await pod({
      backends: [V6],
      listen: [
        ['UDP', '192.0.2.1'],
        ['UDP', '2001:db8::1'],
      ],
    })
    expect([...placesOf(harness, 1).keys()]).toEqual(['[2001:db8::5]:5080'])
  })
})

describe('a backend over a transport for which the pod has no socket', () => {
  it.each([
    ['TCP', 'UDP'],
    ['UDP', 'TCP'],
  ] as const)('over %s alone, on a pod that has %s alone, is passed over', async (named, has) => {
    const backends = [backend('10.0.0.1', { transport: named, weight: 99 }), backend('10.0.0.2', { transport: has })]
    const harness = await pod({ backends, listen: [[has, '192.0.2.1']], fraction: evenly() })
    if (has === 'UDP') return expect([...placesOf(harness, 10).keys()]).toEqual(['10.0.0.2:5080'])
    const via = `SIP/2.0/TCP ${PEER};branch=z9hG4bK-tcp`
    harness.network.deliver(PEER, requestText({ via }), 'TCP')
    expect(harness.network.sent.map(({ to }) => to)).toEqual([PEER, '10.0.0.2:5080'])
  })

  it('one that names none is called over TCP where there is no other (RFC 3263 §4.1)', async () => {
    const harness = await pod({ backends: [V4], listen: [['TCP', '192.0.2.1']] })
    harness.network.deliver(PEER, requestText({ via: `SIP/2.0/TCP ${PEER};branch=z9hG4bK-tcp` }), 'TCP')
    expect(harness.packetsTo('10.0.0.1:5080')).toMatchObject([{ transport: 'TCP' }])
  })
})

describe('a call for which no backend is left that a socket of the pod reaches', () => {
  it('gets its 503 at once, and log and metric say why', async () => {
    const harness = await pod({
      backends: [V6, backend('2001:db8::6', { tier: 1 }), backend('10.0.0.1', { weight: 0 })],
    })
    harness.network.deliver(PEER, requestText())
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([503])
    const [call] = harness.calls()
    expect(call).toMatchObject({ outcome: 'no_backend', status: 503 })
    expect(call?.reason).toContain('family and transport')
    expect(call?.reason).toContain('sip:[2001:db8::5]:5080')
    const attempts = harness.events.flatMap((event) => (event.type === 'backend-attempt' ? [event] : []))
    expect(attempts.map(({ backend: name, result }) => [name, result])).toEqual([
      ['sip:[2001:db8::5]:5080', 'no_socket'],
      ['sip:[2001:db8::6]:5080', 'no_socket'],
    ])
  })
})
