import { describe, expect, it } from '@jest/globals'
import { createBackendHealth } from '../../../../ingress/call/backend-health.ts'
import type { CallEvent } from '../../../../ingress/call/call-events.ts'
import { MAX_BACKEND_PAUSE_MS } from '../../../../ingress/call/limits.ts'

const B1 = { id: 'sip:b1', place: 'sip:b1' }

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
    expect(health.isUp('sip:b1')).toBe(false)
    time.now = 5000
    expect(health.isUp('sip:b1')).toBe(true)
    expect(health.isUp('sip:b1')).toBe(true)
    expect(events).toMatchObject([
      { type: 'backend-health', backend: 'sip:b1', up: false, reason: 'retry_after' },
      { type: 'backend-health', backend: 'sip:b1', up: true, reason: 'pause_over' },
    ])
  })

  it('is left alone for no longer than the limit, whatever it asked for', () => {
    const { time, health } = healthAt()
    health.pause(B1, 1_000_000)
    time.now = MAX_BACKEND_PAUSE_MS
    expect(health.isUp('sip:b1')).toBe(true)
  })

  it('stays up where it asked for no time at all, or where the table does not know it', () => {
    const { events, health } = healthAt()
    health.pause(B1, 0)
    health.pause({ id: 'sip:other', place: 'sip:other' }, 60)
    expect([health.isUp('sip:b1'), health.isUp('sip:other')]).toEqual([true, true])
    expect(events).toEqual([])
  })

  it('is forgotten when the table has it no longer', () => {
    const { health } = healthAt()
    health.pause(B1, 60)
    health.retain(new Set())
    health.retain(new Set(['sip:b1']))
    expect(health.isUp('sip:b1')).toBe(true)
  })
})

describe('an endpoint of a Service that asked to be left alone', () => {
  const endpoint = { id: 'team/pbx:5060', place: '10.0.0.1:5060' }

  it('is down alone: neither the Service nor its other endpoints are, and the event names it', () => {
    const { time, events, health } = healthAt()
    health.pause(endpoint, 5)
    expect(['10.0.0.1:5060', '10.0.0.2:5060', 'team/pbx:5060'].map((place) => health.isUp(place))).toEqual([
      false,
      true,
      true,
    ])
    time.now = 5000
    expect(health.isUp('10.0.0.1:5060')).toBe(true)
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
    expect(health.isUp(endpoint.place)).toBe(false)
    time.now = 5000
    health.retain(new Set(['team/pbx:5060']))
    expect(health.isUp(endpoint.place)).toBe(true)
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
    expect(health.isUp(endpoint.place)).toBe(true)
  })
})
