import { describe, expect, it } from '@jest/globals'
import { createDelays } from '../../../../bench/overload/delays.ts'

describe('delays', () => {
  it('call what is due, and nothing earlier or twice', () => {
    let now = 0
    const called: string[] = []
    const delays = createDelays(() => now)
    const look = (at: number) => {
      now = at
      delays.run(100)
      return called.splice(0)
    }
    delays.after(500, () => called.push('first'))
    delays.after(1000, () => called.push('long'))
    expect(look(10)).toEqual([])
    delays.after(500, () => called.push('second'))
    expect([look(499), look(500), look(510), look(999), look(1000)]).toEqual([[], ['first'], ['second'], [], ['long']])
  })

  it('call the rest the next time where much is due, over any number', () => {
    let now = 0
    let called = 0
    const delays = createDelays(() => now)
    for (let i = 0; i < 10_000; i++) delays.after(1, () => called++)
    now = 1
    delays.run(6000)
    expect(called).toBe(6000)
    delays.after(1, () => called++)
    now = 2
    delays.run(6000)
    expect(called).toBe(10_001)
  })
})
