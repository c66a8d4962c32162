import { describe, expect, it } from '@jest/globals'
import { createBackendHealth } from '../../../../ingress/call/backend-health.ts'
import type { CallEvent } from '../../../../ingress/call/call-events.ts'
import { createLiveTable } from '../../../../ingress/lookup/live-table.ts'
import type { LocatedServer } from '../../../../ingress/resolve/located-server.ts'
import { createBackendProbes } from '../../../../ingress/serve/backend-probes.ts'
import { downBackends, isBackendDown } from '../../../../ingress/serve/down-backends.ts'
import { DOWN_REPORTED_AFTER_MS } from '../../../../ingress/serve/limits.ts'
import { probeUri } from '../../../../ingress/sip/proxy/target-uri.ts'
import { routeAction } from '../../../support/engine-harness.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { addressOf, ruleEntry } from '../../../support/table-entries.ts'

const URI = 'sip:pbx.example;x'
const INTERVAL_MS = 10_000

function server(address: string): LocatedServer {
  const addresses = [addressOf(address)]
  return { target: 'host.example', priority: 0, weight: 0, port: 5060, transport: undefined, addresses }
}

/** A rule whose backend is a name with a health check. The addresses in `dead` answer no probe. */
function world() {
  const clock = new FakeClock()
  const events: CallEvent[] = []
  const emit = (event: CallEvent): void => void events.push(event)
  const table = createLiveTable()
  const probe = { intervalMs: INTERVAL_MS, timeoutMs: 1_000, failures: 2, successes: 2, statuses: [503], user: 'ping' }
  const backend = { uri: URI, host: 'pbx.example', uriParameters: ';x', weight: 1, tier: 0, probe }
  table.load([ruleEntry('a', { action: routeAction({ backends: [backend] }) })], 1)
  const health = createBackendHealth(() => clock.now(), emit)
  health.retain(table.backendNames)
  const dead = new Set<string>()
  const sent: string[] = []
  const probes = createBackendProbes(
    { table, health, clock, emit },
    {
      probe: ({ target, user }, done) => {
        const place = `${target.address.text}:${target.port}`
        sent.push(`${place} ${probeUri(target, user)}`)
        if (dead.has(place)) done({ type: 'timeout' })
        else done({ type: 'answered', status: 200 })
        return () => undefined
      },
    },
    () => 0.5,
  )
  const point = (...addresses: string[]): void => {
    table.setServers('pbx.example', addresses.map(server))
    probes.changed()
  }
  return { clock, events, table, health, dead, sent, probes, point }
}

describe('the health check of a name', () => {
  it('asks each address, with the name in the Request-URI', () => {
    const { clock, sent, probes, point } = world()
    probes.changed()
    clock.advance(2 * INTERVAL_MS)
    expect(sent).toEqual([])
    point('10.0.0.1', '10.0.0.2')
    clock.advance(2 * INTERVAL_MS)
    expect(new Set(sent)).toEqual(
      new Set(['10.0.0.1:5060 sip:ping@pbx.example;x', '10.0.0.2:5060 sip:ping@pbx.example;x']),
    )
  })

  it('follows the name to other addresses', () => {
    const { clock, sent, point } = world()
    point('10.0.0.1')
    clock.advance(2 * INTERVAL_MS)
    point('10.0.0.2')
    sent.length = 0
    clock.advance(2 * INTERVAL_MS)
    expect(new Set(sent)).toEqual(new Set(['10.0.0.2:5060 sip:ping@pbx.example;x']))
  })

  it('finds one address down, and the backend only when all of them are', () => {
    const { clock, table, health, dead, events, point } = world()
    dead.add('10.0.0.1:5060')
    point('10.0.0.1', '10.0.0.2')
    clock.advance(4 * INTERVAL_MS + DOWN_REPORTED_AFTER_MS)
    expect(health.report()).toMatchObject([{ address: 'udp:10.0.0.1:5060', backends: [URI], down: 'probe' }])
    expect(events.filter(({ type }) => type === 'backend-health')).toMatchObject([
      { backend: URI, endpoint: '10.0.0.1:5060', up: false, reason: 'probe' },
    ])
    expect([isBackendDown(table, health, URI), downBackends(table, health)]).toEqual([false, []])
    dead.add('10.0.0.2:5060')
    clock.advance(4 * INTERVAL_MS + DOWN_REPORTED_AFTER_MS)
    expect([isBackendDown(table, health, URI), downBackends(table, health)]).toEqual([true, [URI]])
    point('10.0.0.3')
    expect([isBackendDown(table, health, URI), downBackends(table, health)]).toEqual([false, []])
  })
})
