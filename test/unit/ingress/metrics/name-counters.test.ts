import { describe, expect, it } from '@jest/globals'
import { createMetrics } from '../../../../ingress/metrics/metrics.ts'
import type { NameState } from '../../../../ingress/resolve/name-resolver.ts'
import { sampleValue } from '../../../support/exposition-text.ts'

const PLACE = 'pbx.example'
const BACKEND = 'sip:pbx.example;x'

const RESOLVED: NameState = {
  ...{ place: PLACE, result: 'resolved', detail: '', servers: [], failures: 0, staleSince: undefined },
  ...{ added: [], removed: [], refused: [], leftOut: 0 },
}

function start() {
  const metrics = createMetrics({
    ...{ version: '1', engine: 'native', installation: undefined, ruleSeries: 1 },
    ...{ now: () => 10_000, wallClock: () => 1_000_000 },
  })
  const names = new Map([[PLACE, { backends: new Map([[BACKEND, 1]]) }]])
  const table = {
    version: 1,
    entries: 1,
    trunks: [],
    ruleNames: new Set<string>(),
    backendNames: new Set([BACKEND]),
    names,
  }
  metrics.tableChanged(table)
  const note = (state: Partial<NameState>) =>
    metrics.onEvent({ type: 'name-resolution', state: { ...RESOLVED, ...state } })
  const value = async (name: string, labels = {}) => sampleValue(await metrics.text(), `sip_dispatch_${name}`, labels)
  return { metrics, note, value, names }
}

describe('the metrics of names', () => {
  it('count look-ups by result, peers by change and refused addresses by reason', async () => {
    const { note, value } = start()
    note({ added: ['a', 'b'], removed: ['c'] })
    note({ result: 'timeout', refused: [{ address: '127.0.0.1', fault: 'loopback' }] })
    expect(await value('name_resolutions_total', { result: 'resolved' })).toBe(1)
    expect(await value('name_resolutions_total', { result: 'timeout' })).toBe(1)
    expect(await value('name_resolutions_total', { result: 'nxdomain' })).toBe(0)
    expect(await value('name_peer_changes_total', { change: 'added' })).toBe(2)
    expect(await value('name_peer_changes_total', { change: 'removed' })).toBe(1)
    expect(await value('name_addresses_refused_total', { reason: 'loopback' })).toBe(1)
  })

  it('say since when a name is stale, and no longer than that', async () => {
    const { note, value } = start()
    note({ result: 'servfail', staleSince: 4_000 })
    expect(await value('name_stale_timestamp_seconds', { name: PLACE })).toBe(994)
    note({})
    expect(await value('name_stale_timestamp_seconds', { name: PLACE })).toBeUndefined()
  })

  it('show the backend of a name without an address as down, and only after it was asked for', async () => {
    const { metrics, note, value } = start()
    expect([
      await value('names'),
      await value('names_unresolved'),
      await value('backend_up', { backend: BACKEND }),
    ]).toEqual([1, 0, undefined])
    note({ result: 'nxdomain', servers: undefined })
    expect([await value('names_unresolved'), await value('backend_up', { backend: BACKEND })]).toEqual([1, 0])
    note({})
    expect([await value('names_unresolved'), await value('backend_up', { backend: BACKEND })]).toEqual([0, undefined])
    metrics.onEvent({ type: 'backend-attempt', backend: BACKEND, result: 'answered', status: 200, heard: true })
    expect(await value('backend_up', { backend: BACKEND })).toBe(1)
  })

  it('forget a name with the table', async () => {
    const { metrics, note, value, names } = start()
    note({ result: 'servfail', staleSince: 4_000 })
    names.clear()
    metrics.onEvent({ type: 'name-forgotten', place: PLACE })
    expect(await value('name_stale_timestamp_seconds', { name: PLACE })).toBeUndefined()
    expect(await value('names')).toBe(0)
  })
})
