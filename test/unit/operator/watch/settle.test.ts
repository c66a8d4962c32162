import { describe, expect, it } from '@jest/globals'
import { settle } from '../../../../operator/watch/settle.ts'

/** A clock that moves when it is told to, with one timer, as the settling needs. */
function fakeTimers() {
  let time = 0
  let pending: { at: number; run: () => void } | undefined
  const advance = (milliseconds: number) => {
    const end = time + milliseconds
    while (pending && pending.at <= end) {
      const { at, run } = pending
      pending = undefined
      time = at
      run()
    }
    time = end
  }
  const after = (milliseconds: number, run: () => void) => {
    const timer = { at: time + milliseconds, run }
    pending = timer
    return () => {
      if (pending === timer) pending = undefined
    }
  }
  return { timers: { now: () => time, after }, advance, now: () => time }
}

function settling() {
  const clock = fakeTimers()
  const runs: number[] = []
  const settler = settle({ quiet: 100, limit: 500 }, clock.timers, () => runs.push(clock.now()))
  return { ...clock, settler, runs }
}

describe('the settling of changes', () => {
  it('runs once, a quiet time after the last change', () => {
    const { settler, advance, runs } = settling()
    settler.touch()
    advance(60)
    settler.touch()
    advance(60)
    settler.touch()
    advance(1000)
    expect(runs).toEqual([220])
  })

  it('runs at the limit although changes go on', () => {
    const { settler, advance, runs } = settling()
    for (let i = 0; i < 12; i++) {
      settler.touch()
      advance(50)
    }
    expect(runs).toEqual([500])
  })

  it('begins anew after a run', () => {
    const { settler, advance, runs } = settling()
    settler.touch()
    advance(600)
    settler.touch()
    advance(600)
    expect(runs).toEqual([100, 700])
  })

  it('does not run without a change, nor after it was stopped', () => {
    const { settler, advance, runs } = settling()
    advance(1000)
    settler.touch()
    settler.stop()
    advance(1000)
    expect(runs).toEqual([])
  })
})
