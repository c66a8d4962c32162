import { describe, expect, it } from '@jest/globals'
import { parseIpAddress } from '../../../../ingress/address/ip-address.ts'
import type { HealthTarget } from '../../../../ingress/backend-health/health-address.ts'
import { FIRST_EJECTION_MS, MAX_BACKEND_PAUSE_MS } from '../../../../ingress/backend-health/limits.ts'
import { createBackendHealth } from '../../../../ingress/call/backend-health.ts'
import type { CallEvent } from '../../../../ingress/call/call-events.ts'

function target(id: string, text: string, place = id): HealthTarget {
  const address = parseIpAddress(text)
  if (!address) throw new TypeError(`${text} is no address`)
  return { id, place, address, port: 5060, transport: undefined, uriParameters: '' }
}

const B1 = target('sip:b1', '10.0.0.9')
const STRANGER = target('sip:other', '10.0.0.8')

function healthAt() {
  const time = { now: 0 }
  const events: CallEvent[] = []
  const health = createBackendHealth(
    () => time.now,
    (event) => events.push(event),
  )
  health.retain(new Set(['sip:b1', 'team/pbx:5060']))
  return { time, events, health }
}

describe('a backend that asked to be left alone', () => {
  it('is down for that time, and its going and coming back are told once each', () => {
    const { time, events, health } = healthAt()
    health.pause(B1, 5)
    health.pause(B1, 5)
    expect(health.standing(B1)).toBe('paused')
    time.now = 5000
    expect(health.standing(B1)).toBe('use')
    expect(health.standing(B1)).toBe('use')
    expect(events).toMatchObject([
      { type: 'backend-health', backend: 'sip:b1', up: false, reason: 'retry_after' },
      { type: 'backend-health', backend: 'sip:b1', up: true, reason: 'pause_over' },
    ])
  })

  it('is left alone for no longer than the limit, whatever it asked for', () => {
    const { time, health } = healthAt()
    health.pause(B1, 1_000_000)
    time.now = MAX_BACKEND_PAUSE_MS
    expect(health.standing(B1)).toBe('use')
  })

  it('stays up where it asked for no time at all, or where the table does not know it', () => {
    const { events, health } = healthAt()
    health.pause(B1, 0)
    health.pause(STRANGER, 60)
    expect([health.standing(B1), health.standing(STRANGER)]).toEqual(['use', 'use'])
    expect(events).toEqual([])
  })

  it('is forgotten when the table has it no longer', () => {
    const { health } = healthAt()
    health.pause(B1, 60)
    health.retain(new Set())
    health.retain(new Set(['sip:b1']))
    expect(health.standing(B1)).toBe('use')
  })
})

describe('an endpoint of a Service that asked to be left alone', () => {
  const endpoint = target('team/pbx:5060', '10.0.0.1', '10.0.0.1:5060')
  const other = target('team/pbx:5060', '10.0.0.2', '10.0.0.2:5060')

  it('is down alone: neither the Service nor its other endpoints are, and the event names it', () => {
    const { time, events, health } = healthAt()
    health.pause(endpoint, 5)
    expect([health.standing(endpoint), health.standing(other)]).toEqual(['paused', 'use'])
    time.now = 5000
    expect(health.standing(endpoint)).toBe('use')
    const told = { type: 'backend-health', backend: 'team/pbx:5060', endpoint: '10.0.0.1:5060' }
    expect(events).toEqual([
      { ...told, up: false, reason: 'retry_after' },
      { ...told, up: true, reason: 'pause_over' },
    ])
  })

  it('stays down while the table changes, until its time is over', () => {
    const { time, health } = healthAt()
    health.pause(endpoint, 5)
    health.retain(new Set(['team/pbx:5060']))
    expect(health.standing(endpoint)).toBe('paused')
    time.now = 5000
    health.retain(new Set(['team/pbx:5060']))
    expect(health.standing(endpoint)).toBe('use')
  })

  it('that nobody asks for any more comes up when the table changes after its time', () => {
    const { time, events, health } = healthAt()
    health.pause(endpoint, 5)
    time.now = 5000
    health.retain(new Set(['team/pbx:5060']))
    expect(events.map((event) => event.type === 'backend-health' && event.up)).toEqual([false, true])
  })

  it('is forgotten when no rule names its Service any longer', () => {
    const { health } = healthAt()
    health.pause(endpoint, 60)
    health.retain(new Set(['sip:b1']))
    expect(health.standing(endpoint)).toBe('use')
  })
})

describe('an address that a call has found down', () => {
  const refused = { type: 'failed', beganAt: 0, reason: 'transport', caller: 'x' } as const
  const probed = { failures: 1, successes: 1 }

  it('is down under every name and in every rule at once, and comes back for all of them', () => {
    const { time, events, health } = healthAt()
    const other = target('team/pbx:5060', '10.0.0.9', '10.0.0.9:5060')
    health.observe(B1, refused)
    expect([health.standing(B1), health.standing(other)]).toEqual(['ejected', 'ejected'])
    time.now = FIRST_EJECTION_MS
    health.observe(other, { type: 'began' })
    health.observe(other, { type: 'answered', beganAt: time.now })
    expect([health.standing(B1), health.standing(other)]).toEqual(['use', 'use'])
    expect(events).toEqual([
      { type: 'backend-health', backend: 'sip:b1', up: false, reason: 'transport' },
      { type: 'backend-health', backend: 'team/pbx:5060', endpoint: '10.0.0.9:5060', up: false, reason: 'transport' },
      { type: 'backend-health', backend: 'sip:b1', up: true, reason: 'recovered' },
      { type: 'backend-health', backend: 'team/pbx:5060', endpoint: '10.0.0.9:5060', up: true, reason: 'recovered' },
    ])
  })

  it('is another address by TCP than by UDP, and than at another port', () => {
    const { health } = healthAt()
    health.observe(B1, refused)
    const standings = [
      { ...B1, transport: 'TCP' as const },
      { ...B1, port: 5061 },
      { ...B1, transport: 'UDP' as const },
    ]
    expect(standings.map((one) => health.standing(one))).toEqual(['use', 'use', 'ejected'])
  })

  it('is due after its time: one call tries it, and the others still go elsewhere', () => {
    const { time, health } = healthAt()
    health.observe(B1, refused)
    time.now = FIRST_EJECTION_MS
    expect(health.standing(B1)).toBe('use')
    health.observe(B1, { type: 'began' })
    expect(health.standing(B1)).toBe('ejected')
  })

  it('that probes find down is down until probes are answered, or are wanted no more', () => {
    const { events, health } = healthAt()
    health.probed(B1, false, probed)
    expect(health.standing(B1)).toBe('ejected')
    health.probed(B1, true, probed)
    expect(health.standing(B1)).toBe('use')
    health.probed(B1, false, probed)
    health.unprobed(B1)
    expect(health.standing(B1)).toBe('use')
    const reasons = events.map((event) => event.type === 'backend-health' && event.reason)
    expect(reasons).toEqual(['probe', 'probe_answered', 'probe', 'probe_answered'])
  })

  it('that is due is back when a probe is answered, though no call tries it', () => {
    const { time, health } = healthAt()
    health.observe(B1, refused)
    health.probed(B1, true, probed)
    expect(health.standing(B1)).toBe('ejected')
    time.now = FIRST_EJECTION_MS
    health.probed(B1, true, probed)
    expect([health.standing(B1), health.report()]).toMatchObject(['use', [{ ejections: 1, share: 0.1 }]])
  })

  it('is in the report with its reason, its names and the time until its trial', () => {
    const { time, health } = healthAt()
    expect([health.quiet, health.report()]).toEqual([true, []])
    health.observe(B1, refused)
    time.now = 1000
    expect(health.report()).toEqual([
      {
        address: 'udp:10.0.0.9:5060',
        backends: ['sip:b1'],
        down: 'transport',
        downForMs: 1000,
        retryInMs: 4000,
        ejections: 1,
        share: 1,
      },
    ])
    expect(health.quiet).toBe(false)
  })
})
