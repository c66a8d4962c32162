import { describe, expect, it } from '@jest/globals'
import { createProbeUses } from '../../../../ingress/lookup/probed-backends.ts'
import type { UriBackend } from '../../../../ingress/route-table/route-table.ts'

function backend(uri: string, intervalMs?: number): UriBackend {
  const place = { uri, address: '10.0.0.1', port: 5060, uriParameters: '', weight: 1, tier: 0 }
  if (intervalMs === undefined) return place
  return { ...place, probe: { intervalMs, timeoutMs: 1_000, failures: 3, successes: 2, statuses: [503] } }
}

describe('the backends that rules want to be probed', () => {
  const checks = (uses: ReturnType<typeof createProbeUses>) =>
    Array.from(uses.probed(), ([name, { probes }]) => [name, ...probes.map(({ intervalMs }) => intervalMs)])

  it('are those with a health check, each check once', () => {
    const uses = createProbeUses()
    uses.add([backend('sip:a', 5_000), backend('sip:b')])
    uses.add([backend('sip:a', 5_000), backend('sip:a', 9_000)])
    expect(checks(uses)).toEqual([['sip:a', 5_000, 9_000]])
  })

  it('stay as long as one rule wants it', () => {
    const uses = createProbeUses()
    const rules = [[backend('sip:a', 5_000)], [backend('sip:a', 5_000), backend('sip:c', 7_000)]]
    for (const rule of rules) uses.add(rule)
    uses.remove(rules[0] ?? [])
    expect(checks(uses)).toEqual([
      ['sip:a', 5_000],
      ['sip:c', 7_000],
    ])
    uses.remove(rules[1] ?? [])
    uses.remove(rules[1] ?? [])
    expect(checks(uses)).toEqual([])
  })
})
