import { beforeEach, describe, expect, it } from '@jest/globals'
import {
  FREE_OVERWRITES,
  OVERWRITTEN_MEMORY_MS,
  OVERWRITTEN_PAUSE_MS,
} from '../../../../operator/kubernetes-writes/limits.ts'
import { createStatusContests, type StatusContests } from '../../../../operator/kubernetes-writes/status-contest.ts'

describe('a status that somebody else overwrites', () => {
  let now: number
  let contests: StatusContests

  beforeEach(() => {
    now = 0
    contests = createStatusContests({ now: () => now })
  })

  const pauses = (times: number): number[] => Array.from({ length: times }, () => contests.overwritten('a').pause)

  it('is restored at once a few times, then after pauses that double up to a limit', () => {
    const { least, most } = OVERWRITTEN_PAUSE_MS
    expect(pauses(FREE_OVERWRITES)).toEqual(Array.from({ length: FREE_OVERWRITES }, () => 0))
    expect(pauses(3)).toEqual([least, least * 2, least * 4])
    expect(pauses(40).at(-1)).toBe(most)
  })

  it('counts from one again once it was left alone for long enough', () => {
    pauses(FREE_OVERWRITES + 3)
    now += OVERWRITTEN_MEMORY_MS - 1
    expect(contests.overwritten('a').count).toBe(FREE_OVERWRITES + 4)
    now += OVERWRITTEN_MEMORY_MS
    expect(contests.overwritten('a')).toEqual({ count: 1, pause: 0 })
  })

  it('counts for itself, and no more once it is forgotten', () => {
    pauses(5)
    expect(contests.overwritten('b').count).toBe(1)
    contests.forget('a')
    expect(contests.overwritten('a').count).toBe(1)
    contests.clear()
    expect(contests.overwritten('b').count).toBe(1)
  })
})
