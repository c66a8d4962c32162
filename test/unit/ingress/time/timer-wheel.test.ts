import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import type { Timer } from '../../../../ingress/time/clock.ts'
import { TIMER_WHEEL_SLOTS, TIMER_WHEEL_TICK_MS } from '../../../../ingress/time/limits.ts'
import { createTimerWheel, type TimerHost, type TimerWheel } from '../../../../ingress/time/timer-wheel.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { hostOn } from '../../../support/fake-timer-host.ts'

const TURN_MS = TIMER_WHEEL_SLOTS * TIMER_WHEEL_TICK_MS

interface Bench {
  readonly time: FakeClock
  readonly wheel: TimerWheel
  readonly errors: unknown[]
}

function bench(host?: (time: FakeClock) => TimerHost): Bench {
  const time = new FakeClock()
  const errors: unknown[] = []
  const wheel = createTimerWheel((host ?? hostOn)(time), { onError: (error) => errors.push(error) })
  return { time, wheel, errors }
}

/** Sets a timer and writes down how late it fired, in milliseconds; negative is early. */
function setNoting({ time, wheel }: Bench, delayMs: number, late: number[]): Timer {
  const deadline = time.now() + delayMs
  return wheel.after(delayMs, () => late.push(time.now() - deadline), undefined)
}

describe('the timer wheel', () => {
  it('never fires early and at most a tick late, whatever the delay and the time of setting', () => {
    const delays = fc.array(fc.record({ wait: fc.nat(700), delay: fc.nat(3 * TURN_MS) }), { maxLength: 40 })
    fc.assert(
      fc.property(delays, fc.double({ min: 0, max: 1e7, noNaN: true }), (timers, start) => {
        const wheel = bench()
        const late: number[] = []
        wheel.time.advance(start)
        for (const { wait, delay } of timers) {
          wheel.time.advance(wait + 0.3)
          setNoting(wheel, delay, late)
        }
        wheel.time.advance(4 * TURN_MS)
        expect(late).toHaveLength(timers.length)
        expect(Math.min(0, ...late)).toBe(0)
        expect(Math.max(0, ...late)).toBeLessThanOrEqual(TIMER_WHEEL_TICK_MS)
      }),
      { numRuns: 60 },
    )
  })

  it('keeps one timer of the host at most, and none once it is empty', () => {
    const { time, wheel } = bench()
    for (let count = 0; count < 1_000; count += 1) {
      wheel.after((count * 37) % 5_000, () => undefined, undefined)
      expect(time.pending).toBe(1)
    }
    expect(wheel.pending).toBe(1_000)
    time.advance(6_000)
    expect(wheel.pending).toBe(0)
    expect(time.pending).toBe(0)
  })

  it('wakes once for nothing after everything was cancelled, then rests', () => {
    const { time, wheel } = bench()
    const timer = wheel.after(500, () => undefined, undefined)
    wheel.cancel(timer)
    expect(wheel.pending).toBe(0)
    time.advance(510)
    expect(time.pending).toBe(0)
  })

  it('sets the host anew for a timer that is due before all others', () => {
    const wheel = bench()
    const late: number[] = []
    setNoting(wheel, 30_000, late)
    setNoting(wheel, 20, late)
    wheel.time.advance(30)
    expect(late).toHaveLength(1)
  })

  it('fires a timer of several turns in its own turn', () => {
    const wheel = bench()
    const late: number[] = []
    setNoting(wheel, 5 * TURN_MS, late)
    wheel.time.advance(5 * TURN_MS - 1)
    expect(late).toEqual([])
    wheel.time.advance(TIMER_WHEEL_TICK_MS)
    expect(late).toHaveLength(1)
  })

  it('goes on with the other timers when a callback throws, and reports it', () => {
    const { time, wheel, errors } = bench()
    const fired: string[] = []
    const fault = new Error('a callback failed')
    wheel.after(100, () => fired.push('before'), undefined)
    wheel.after(
      100,
      () => {
        throw fault
      },
      undefined,
    )
    wheel.after(100, () => fired.push('after'), undefined)
    wheel.after(200, () => fired.push('later'), undefined)
    time.advance(300)
    expect(fired).toEqual(['before', 'after', 'later'])
    expect(errors).toEqual([fault])
  })

  it('loses no timer even when the report of an error throws', () => {
    const time = new FakeClock()
    const fired: string[] = []
    const rethrow = (error: unknown): never => {
      throw error
    }
    const wheel = createTimerWheel(hostOn(time), { onError: rethrow })
    wheel.after(100, () => rethrow(new Error('a callback failed')), undefined)
    wheel.after(100, () => fired.push('same tick'), undefined)
    wheel.after(200, () => fired.push('later'), undefined)
    expect(() => time.advance(300)).toThrow('a callback failed')
    time.advance(300)
    expect(fired).toEqual(['same tick', 'later'])
  })

  it('fires everything that fell due while the process stood still, the oldest tick first', () => {
    let asleep = 0
    const { wheel, time } = bench((clock) => ({ ...hostOn(clock), now: () => clock.now() + asleep }))
    const fired: number[] = []
    for (const delay of [32_000, 500, 5_000, TURN_MS + 500]) wheel.after(delay, () => fired.push(delay), undefined)
    asleep = TURN_MS - 1_000
    time.advance(510)
    expect(fired).toEqual([500, 5_000, 32_000])
    asleep = 10 * TURN_MS
    time.advance(TURN_MS)
    expect(fired).toEqual([500, 5_000, 32_000, TURN_MS + 500])
  })

  it('waits for the tick where the host wakes it too early', () => {
    const { wheel, time } = bench((clock) => ({
      now: () => clock.now(),
      setTimer: (delayMs, fire) => hostOn(clock).setTimer(Math.max(delayMs - 3, 0.5), fire),
    }))
    const fired: number[] = []
    wheel.after(500, () => fired.push(time.now()), undefined)
    time.advance(499)
    expect(fired).toEqual([])
    time.advance(11)
    expect(fired).toHaveLength(1)
  })

  it('does not fire a timer of no delay inside the call that sets it, nor for ever in one wake-up', () => {
    const { wheel, time } = bench()
    let fired = 0
    const again = (): void => {
      fired += 1
      wheel.after(-1, again, undefined)
    }
    wheel.after(0, again, undefined)
    expect(fired).toBe(0)
    time.advance(10 * TIMER_WHEEL_TICK_MS)
    expect(fired).toBe(10)
  })

  it('ignores the handle of another clock', () => {
    const { wheel, time } = bench()
    wheel.after(100, () => undefined, undefined)
    wheel.cancel(new FakeClock().after(100, () => undefined, undefined))
    expect(wheel.pending).toBe(1)
    time.advance(110)
    expect(wheel.pending).toBe(0)
  })
})
