import { describe, expect, it } from '@jest/globals'
import { PEER, ruleEntry, startHarness, trunkEntry } from '../support/engine-harness.ts'
import { scheduleEntry, windowsOf } from '../support/schedule-entry.ts'
import { requestText, statusOf } from '../support/sip-text.ts'

const OFFICE = ruleEntry({
  ...{ name: 'default/office', called: [], schedule: [scheduleEntry()] },
  action: { type: 'Reject', status: 486, reason: 'Busy Here' },
})
const OUT_OF_HOURS = ruleEntry({
  ...{ name: 'default/out-of-hours', called: [], createdAt: 1 },
  action: { type: 'Reject', status: 480, reason: 'Closed' },
})

/** An ingress whose clock shows a time, and calls to it. */
async function ingressAt(time: string, rules = [OFFICE, OUT_OF_HOURS]) {
  let step = Date.parse(time)
  const harness = await startHarness({ entries: [trunkEntry(), ...rules], wallClock: (now) => step + now })
  let count = 0
  return {
    /** The final status of a new call. */
    call(): number | undefined {
      const before = harness.sentTo(PEER).length
      count++
      harness.network.deliver(PEER, requestText({ branch: `z9hG4bK-${count}`, callId: `call-${count}` }))
      return harness
        .sentTo(PEER)
        .slice(before)
        .map(statusOf)
        .find((status) => status >= 200)
    },
    advance: (ms: number) => harness.clock.advance(ms),
    /** Sets the machine's clock. Timers do not notice this. */
    setClock(to: string) {
      step = Date.parse(to) - harness.clock.now()
    },
    decided: () => harness.calls().map(({ rule, reason, noRuleReason }) => ({ rule, reason, noRuleReason })),
  }
}

const SECOND = 1000
const HOUR = 3600 * SECOND

describe('a rule with office hours', () => {
  it('takes the call at 17:59:59, and the rule behind it the call at 18:00:00', async () => {
    const ingress = await ingressAt('2026-11-30T17:59:59+01:00')
    const first = ingress.call()
    ingress.advance(SECOND)
    expect([first, ingress.call()]).toEqual([486, 480])
  })

  it('takes calls again in the morning, on the next workday', async () => {
    const ingress = await ingressAt('2026-12-04T17:59:59+01:00')
    const friday = [ingress.call()]
    ingress.advance(SECOND)
    friday.push(ingress.call())
    ingress.advance(14 * HOUR)
    const saturday = ingress.call()
    ingress.advance(48 * HOUR - SECOND)
    const early = ingress.call()
    ingress.advance(SECOND)
    expect([friday, saturday, early, ingress.call()]).toEqual([[486, 480], 480, 480, 486])
  })

  it('follows a clock that is set, forth and back, at the very next call', async () => {
    const ingress = await ingressAt('2026-11-30T12:00+01:00')
    const statuses = [ingress.call()]
    for (const time of ['2026-11-30T19:00+01:00', '2026-11-30T09:00+01:00', '1970-01-01T00:00Z', '2026-12-01T17:00Z']) {
      ingress.setClock(time)
      statuses.push(ingress.call())
    }
    ingress.setClock('2026-12-01T16:59:59Z')
    expect([...statuses, ingress.call()]).toEqual([486, 480, 486, 480, 480, 486])
  })

  it('keeps its local time when clocks change while the process runs', async () => {
    const nightly = scheduleEntry({ windows: windowsOf('Sun 03:00-04:00') })
    const ingress = await ingressAt('2026-03-29T01:59:59+01:00', [{ ...OFFICE, schedule: [nightly] }, OUT_OF_HOURS])
    const before = ingress.call()
    ingress.advance(SECOND)
    const after = ingress.call()
    ingress.advance(HOUR)
    expect([before, after, ingress.call()]).toEqual([480, 486, 480])
  })

  it('is named with the time of its next beginning if no rule takes the call', async () => {
    const ingress = await ingressAt('2026-12-05T10:00+01:00', [OFFICE])
    expect(ingress.call()).toBe(503)
    expect(ingress.decided()).toEqual([
      {
        rule: '',
        noRuleReason: 'schedule',
        reason:
          'the nearest rule is outside its schedule (default/office): Sat 2026-12-05T10:00+01:00 is in none of its windows; it matches next from Mon 2026-12-07T08:00+01:00 (Europe/Berlin)',
      },
    ])
  })
})
