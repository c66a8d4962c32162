import { describe, expect, it } from '@jest/globals'
import { createCountedCalls } from '../../../../ingress/limit/counted-calls.ts'
import { SWEPT_CALLS } from '../../../../ingress/limit/limits.ts'

const LATER = 1000

describe('counted calls', () => {
  it('count in every count of the call until the call ends, and a second end changes nothing', () => {
    const calls = createCountedCalls()
    const [trunk, rule] = [{ active: 0 }, { active: 0 }]
    const call = calls.begin(1, [trunk, rule], LATER)
    expect([trunk.active, rule.active, calls.size]).toEqual([1, 1, 1])
    if (call) calls.end(call)
    if (call) calls.end(call)
    expect([trunk.active, rule.active, calls.size, calls.endKey(1)]).toEqual([0, 0, 0, false])
  })

  it('are ended by their key, once for each time that the call passes', () => {
    const calls = createCountedCalls()
    const trunk = { active: 0 }
    calls.begin(7, [trunk], LATER)
    calls.begin(7, [trunk], LATER)
    expect([trunk.active, calls.size]).toEqual([2, 1])
    expect([calls.endKey(7), trunk.active, calls.endKey(7), trunk.active, calls.endKey(7)]).toEqual([
      true,
      1,
      true,
      0,
      false,
    ])
  })

  it('are not begun where there is no room, and nothing is counted then', () => {
    const calls = createCountedCalls(1)
    const trunk = { active: 0 }
    calls.begin(1, [trunk], LATER)
    expect([calls.begin(2, [trunk], LATER), trunk.active]).toEqual([undefined, 1])
  })

  it('end when their time is over, and not before', () => {
    const calls = createCountedCalls()
    const trunk = { active: 0 }
    calls.begin(1, [trunk], 999)
    calls.begin(2, [trunk], 1001)
    calls.sweep(998)
    expect(trunk.active).toBe(2)
    calls.sweep(1000)
    expect([trunk.active, calls.endKey(1), calls.endKey(2)]).toEqual([1, false, true])
  })

  it('are all seen after some sweeps, however many they are', () => {
    const calls = createCountedCalls()
    const trunk = { active: 0 }
    for (let key = 0; key < 2 * SWEPT_CALLS; key++) calls.begin(key, [trunk], key < SWEPT_CALLS + 10 ? LATER : 0)
    calls.sweep(1)
    expect(trunk.active).toBe(2 * SWEPT_CALLS)
    calls.sweep(1)
    calls.sweep(1)
    expect(trunk.active).toBe(SWEPT_CALLS + 10)
  })
})
