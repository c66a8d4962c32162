import { describe, expect, it } from '@jest/globals'
import { parseIpAddress } from '../../../../ingress/address/ip-address.ts'
import type { HealthTarget } from '../../../../ingress/backend-health/health-address.ts'
import { MAX_PROBES_PER_SECOND } from '../../../../ingress/backend-health/limits.ts'
import { probePlan } from '../../../../ingress/backend-health/probe-plan.ts'
import type { BackendProbe } from '../../../../ingress/route-table/route-table.ts'

const probe = (change: Partial<BackendProbe> = {}): BackendProbe => ({
  ...{ intervalMs: 30_000, timeoutMs: 2_000, failures: 3, successes: 2, statuses: [503] },
  ...change,
})

function target(text: string, id = `sip:${text}`): HealthTarget {
  const address = parseIpAddress(text)
  if (!address) throw new TypeError(`${text} is no address`)
  return { id, place: id, address, port: 5060, transport: undefined, uriParameters: '' }
}

describe('the plan of probes', () => {
  it('has one probe for an address, whatever the number of backends that name it', () => {
    const wanted = Array.from({ length: 500 }, (_, i) => ({
      target: target('10.0.0.1', `sip:10.0.0.1;x=${i % 2}`),
      probe: probe(),
    }))
    const { probes, stretch } = probePlan(wanted)
    expect([...probes.keys()]).toEqual(['udp:10.0.0.1:5060'])
    expect(probes.get('udp:10.0.0.1:5060')?.backends).toEqual(['sip:10.0.0.1;x=0', 'sip:10.0.0.1;x=1'])
    expect(stretch).toBe(1)
  })

  it.each(['first', 'last'])(
    'takes the health check with the shortest interval as a whole, though it comes %s',
    (at) => {
      const checks = [probe({ intervalMs: 10_000, failures: 1 }), probe({ failures: 9 })]
      const ordered = at === 'first' ? checks : checks.toReversed()
      const { probes } = probePlan(ordered.map((one) => ({ target: target('10.0.0.1'), probe: one })))
      expect(probes.get('udp:10.0.0.1:5060')?.probe).toEqual(checks[0])
    },
  )

  it('stretches all intervals where rules ask for more than the limit', () => {
    const wanted = Array.from({ length: 4 * MAX_PROBES_PER_SECOND }, (_, i) => ({
      target: target(`10.1.${i >> 8}.${i & 255}`),
      probe: probe({ intervalMs: 2_000 }),
    }))
    expect(probePlan(wanted).stretch).toBeCloseTo(2)
    expect(probePlan(wanted.slice(0, 2 * MAX_PROBES_PER_SECOND)).stretch).toBe(1)
  })
})
