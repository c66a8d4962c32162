import { describe, expect, it } from '@jest/globals'
import type { HealthTarget } from '../../../../ingress/backend-health/health-address.ts'
import { callTargets } from '../../../../ingress/call/call-targets.ts'
import { MAX_ENDPOINT_TRIES } from '../../../../ingress/call/limits.ts'
import { createLiveTable } from '../../../../ingress/lookup/live-table.ts'
import type { LocatedServer } from '../../../../ingress/resolve/located-server.ts'
import type { Backend, NameBackend } from '../../../../ingress/route-table/route-table.ts'
import { targetUri } from '../../../../ingress/sip/proxy/target-uri.ts'
import { addressOf } from '../../../support/table-entries.ts'

function named(fields: Partial<NameBackend> = {}): NameBackend {
  return { uri: 'sip:pbx.example;x', host: 'pbx.example', uriParameters: ';x', weight: 1, tier: 0, ...fields }
}

function server(addresses: readonly string[], fields: Partial<LocatedServer> = {}): LocatedServer {
  const all = addresses.map(addressOf)
  return { target: 'host.example', priority: 0, weight: 0, port: 5060, transport: undefined, addresses: all, ...fields }
}

interface World {
  readonly servers?: readonly LocatedServer[]
  readonly paused?: readonly string[]
  readonly ejected?: readonly string[]
  readonly fraction?: () => number
  readonly place?: string
}

function found(
  backends: readonly Backend[],
  { servers, paused = [], ejected = [], fraction = () => 0, place = 'pbx.example' }: World,
) {
  const table = createLiveTable()
  table.load([], 1)
  table.setServers(place, servers)
  const standing = (one: HealthTarget) =>
    paused.includes(one.place) ? 'paused' : ejected.includes(one.place) ? 'ejected' : 'use'
  const health = { quiet: false, standing, share: () => 1 }
  const { targets, passedOver } = callTargets(backends, { table, health, fraction })
  return { targets, passedOver, texts: targets.map(({ place: text }) => text) }
}

describe('a name as a backend', () => {
  it('becomes the addresses of its servers, by priority, under its own URI', () => {
    const servers = [
      server(['10.0.0.2'], { priority: 20, port: 5070, transport: 'TCP' }),
      server(['10.0.0.1', '2001:db8::1']),
    ]
    const { targets, texts } = found([named()], { servers })
    expect(texts).toEqual(['10.0.0.1:5060', '[2001:db8::1]:5060', '10.0.0.2:5070'])
    expect(targets.map(({ id, transport }) => [id, transport])).toEqual([
      ['sip:pbx.example;x', undefined],
      ['sip:pbx.example;x', undefined],
      ['sip:pbx.example;x', 'TCP'],
    ])
  })

  it.each<[Partial<NameBackend>, string, string]>([
    [{}, 'pbx.example', 'sip:+1555@pbx.example;x'],
    [{ host: 'pbx.example.' }, 'pbx.example.', 'sip:+1555@pbx.example;x'],
    [{ host: 'pbx.example.', port: 5070 }, 'pbx.example.:5070', 'sip:+1555@pbx.example:5070;x'],
    [{ port: 5070, transport: 'TCP' }, 'pbx.example:5070;transport=tcp', 'sip:+1555@pbx.example:5070;transport=tcp;x'],
    [{ host: 'pbx.', transport: 'UDP', uriParameters: '' }, 'pbx.;transport=udp', 'sip:+1555@pbx;transport=udp'],
  ])('%j stays in the Request-URI', (fields, place, uri) => {
    const [target] = found([named(fields)], { servers: [server(['10.0.0.1'])], place }).targets
    if (!target) throw new TypeError('there is no target')
    expect(targetUri(target, { requestUser: '+1555' }, { user: 'x' } as never)).toBe(uri)
  })

  it('that has never resolved has no target, and a reason of its own', () => {
    const backend = named().uri
    expect(found([named()], {})).toMatchObject({ targets: [], passedOver: [{ backend, result: 'unresolved' }] })
  })

  it('is passed over for the next backend', () => {
    const next: Backend = {
      uri: 'sip:10.0.0.9',
      address: '10.0.0.9',
      port: 5060,
      uriParameters: '',
      weight: 1,
      tier: 1,
    }
    expect(found([named(), next], {})).toMatchObject({
      texts: ['sip:10.0.0.9'],
      passedOver: [{ result: 'unresolved' }],
    })
  })

  it('loses the address that is paused, and keeps the others', () => {
    const { texts, passedOver } = found([named()], {
      servers: [server(['10.0.0.1', '10.0.0.2'])],
      paused: ['10.0.0.1:5060'],
    })
    expect([texts, passedOver.map(({ result }) => result)]).toEqual([['10.0.0.2:5060'], ['paused']])
  })

  it('shares its calls evenly among the addresses of one server', () => {
    const counts: Record<string, number> = {}
    for (let i = 0; i < 300; i++) {
      const fraction = () => (i + 0.5) / 300
      const [first = ''] = found([named()], { servers: [server(['10.0.0.1', '10.0.0.2', '10.0.0.3'])], fraction }).texts
      counts[first] = (counts[first] ?? 0) + 1
    }
    expect(counts).toEqual({ '10.0.0.1:5060': 100, '10.0.0.2:5060': 100, '10.0.0.3:5060': 100 })
  })

  it('has an ejected address after all others, whatever the priority of its server', () => {
    const servers = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((one, priority) => server([one], { priority }))
    const { texts, passedOver } = found([named()], { servers, ejected: ['10.0.0.1:5060'] })
    expect(texts).toEqual(['10.0.0.2:5060', '10.0.0.3:5060', '10.0.0.1:5060'])
    expect(passedOver).toEqual([{ backend: 'sip:pbx.example;x', result: 'ejected' }])
  })

  it('is called in its usual order if less than a third of its addresses is left', () => {
    const places = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4']
    const servers = places.map((one, priority) => server([one], { priority }))
    const ejected = places.slice(0, 3).map((one) => `${one}:5060`)
    const { texts, passedOver } = found([named()], { servers, ejected })
    expect(texts).toEqual(places.map((one) => `${one}:5060`))
    expect(passedOver).toEqual([])
  })

  it('is tried at eight addresses at most', () => {
    const servers = Array.from({ length: 32 }, (_, i) => server([`10.0.1.${i + 1}`], { priority: i }))
    expect(found([named()], { servers }).texts).toEqual(
      servers.slice(0, MAX_ENDPOINT_TRIES).map((_, i) => `10.0.1.${i + 1}:5060`),
    )
  })

  it('follows what DNS says, from one call to the next', () => {
    const table = createLiveTable()
    table.load([], 1)
    const health = { quiet: true, standing: () => 'use' as const, share: () => 1 }
    const backend = named()
    const call = () => callTargets([backend], { table, health, fraction: () => 0 }).targets.map(({ place }) => place)
    table.setServers('pbx.example', [server(['10.0.0.1'])])
    const [before, again] = [call(), call()]
    table.setServers('pbx.example', [server(['10.0.0.2'])])
    const after = call()
    table.setServers('pbx.example', undefined)
    expect([before, again, after, call()]).toEqual([['10.0.0.1:5060'], ['10.0.0.1:5060'], ['10.0.0.2:5060'], []])
  })
})
