import { describe, expect, it } from '@jest/globals'
import type { Clock } from '../../../../ingress/time/clock.ts'
import { createTimerWheel } from '../../../../ingress/time/timer-wheel.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { hostOn } from '../../../support/fake-timer-host.ts'

interface Subject {
  readonly clock: Clock & { readonly pending: number }
  readonly advance: (ms: number) => void
}

const CLOCKS: readonly (readonly [string, () => Subject])[] = [
  [
    'the fake clock',
    () => {
      const clock = new FakeClock()
      return { clock, advance: (ms) => clock.advance(ms) }
    },
  ],
  [
    'the timer wheel',
    () => {
      const time = new FakeClock()
      const onError = (error: unknown): never => {
        throw error
      }
      return { clock: createTimerWheel(hostOn(time), { onError }), advance: (ms) => time.advance(ms) }
    },
  ],
]

describe.each(CLOCKS)('every clock: %s', (_, make) => {
  it('fires once, with the subject it was given', () => {
    const { clock, advance } = make()
    const fired: string[] = []
    clock.after(500, (subject: string) => fired.push(subject), 'Timer G')
    advance(490)
    expect(fired).toEqual([])
    advance(10_000)
    expect(fired).toEqual(['Timer G'])
    expect(clock.pending).toBe(0)
  })

  it('fires in the order of the deadlines, and in the order of setting where they are equal', () => {
    const { clock, advance } = make()
    const fired: string[] = []
    const note = (subject: string): void => void fired.push(subject)
    clock.after(200, note, 'c')
    clock.after(100, note, 'a')
    clock.after(100, note, 'b')
    clock.after(0, note, 'first')
    advance(300)
    expect(fired).toEqual(['first', 'a', 'b', 'c'])
  })

  it('does not fire what was cancelled, and does not mind cancelling twice or after firing', () => {
    const { clock, advance } = make()
    const fired: string[] = []
    const note = (subject: string): void => void fired.push(subject)
    const cancelled = clock.after(100, note, 'cancelled')
    const kept = clock.after(100, note, 'kept')
    clock.cancel(cancelled)
    clock.cancel(cancelled)
    expect(clock.pending).toBe(1)
    advance(200)
    clock.cancel(kept)
    expect(fired).toEqual(['kept'])
    expect(clock.pending).toBe(0)
  })

  it('lets a callback cancel another timer that is due at the same time', () => {
    const { clock, advance } = make()
    const fired: string[] = []
    clock.after(100, () => clock.cancel(second), undefined)
    const second = clock.after(100, () => fired.push('cancelled'), undefined)
    advance(1_000)
    expect(fired).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('fires timers that a callback sets', () => {
    const { clock, advance } = make()
    const fired: number[] = []
    const repeat = (left: number): void => {
      fired.push(left)
      if (left > 0) clock.after(100, repeat, left - 1)
    }
    clock.after(100, repeat, 3)
    for (let second = 0; second < 10; second += 1) advance(100)
    expect(fired).toEqual([3, 2, 1, 0])
  })

  it.each(['pending', 'cancelled', 'fired'])('sets a timer again that is %s', (state) => {
    const { clock, advance } = make()
    const fired: string[] = []
    const timer = clock.after(100, (subject: string) => fired.push(`${subject} ${clock.now()}`), 'G')
    if (state === 'cancelled') clock.cancel(timer)
    advance(state === 'fired' ? 100 : 50)
    const before = fired.length
    const now = clock.now()
    clock.restart(timer, 200)
    expect([clock.pending, timer.deadline]).toEqual([1, now + 200])
    advance(200)
    advance(1_000)
    expect(fired.slice(before)).toEqual([`G ${now + 200}`])
    expect(clock.pending).toBe(0)
  })

  it('lets a callback set its own timer again', () => {
    const { clock, advance } = make()
    const fired: number[] = []
    const timer = clock.after(
      100,
      () => {
        fired.push(clock.now())
        if (fired.length < 3) clock.restart(timer, 100)
      },
      undefined,
    )
    for (let turn = 0; turn < 6; turn += 1) advance(100)
    expect(fired).toEqual([100, 200, 300])
  })

  it('says the deadline of a timer in the time that now() tells', () => {
    const { clock, advance } = make()
    advance(250)
    expect(clock.after(500, () => undefined, undefined).deadline).toBe(clock.now() + 500)
  })
})
