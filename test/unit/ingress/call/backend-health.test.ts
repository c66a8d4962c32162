import { describe, expect, it } from '@jest/globals'
import { createBackendHealth } from '../../../../ingress/call/backend-health.ts'
import type { CallEvent } from '../../../../ingress/call/call-events.ts'
import { MAX_BACKEND_PAUSE_MS } from '../../../../ingress/call/limits.ts'

function healthAt() {
  const time = { now: 0 }
  const events: CallEvent[] = []
  const health = createBackendHealth(
    () => time.now,
    (event) => events.push(event),
  )
  health.retain(new Set(['sip:b1']))
  return { time, events, health }
}

describe('a backend that asked to be left alone', () => {
  it('is down for that time, and its going and coming back are told once each', () => {
    const { time, events, health } = healthAt()
    health.pause('sip:b1', 5)
    health.pause('sip:b1', 5)
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
    health.pause('sip:b1', 1_000_000)
    time.now = MAX_BACKEND_PAUSE_MS
    expect(health.isUp('sip:b1')).toBe(true)
  })

  it('stays up where it asked for no time at all, or where the table does not know it', () => {
    const { events, health } = healthAt()
    health.pause('sip:b1', 0)
    health.pause('sip:other', 60)
    expect([health.isUp('sip:b1'), health.isUp('sip:other')]).toEqual([true, true])
    expect(events).toEqual([])
  })

  it('is forgotten when the table has it no longer', () => {
    const { health } = healthAt()
    health.pause('sip:b1', 60)
    health.retain(new Set())
    health.retain(new Set(['sip:b1']))
    expect(health.isUp('sip:b1')).toBe(true)
  })
})
