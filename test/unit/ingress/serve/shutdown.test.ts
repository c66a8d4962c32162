import { describe, expect, it } from '@jest/globals'
import { createShutdown } from '../../../../ingress/serve/shutdown.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const SETTLE_MS = 5_000
const DEADLINE_MS = 20_000

interface Leaving {
  readonly clock: FakeClock
  /** Phases that were reported, with the transactions that were not over. */
  readonly phases: (readonly [string, number])[]
  readonly hurry: AbortController
  readonly draining: () => boolean
  /** Whether the process may go. */
  readonly over: () => Promise<boolean>
  unfinished: number
}

function leaveWith(unfinished: number, hurry = new AbortController()): Leaving {
  const clock = new FakeClock()
  const phases: (readonly [string, number])[] = []
  const shutdown = createShutdown({
    clock,
    settleMs: SETTLE_MS,
    drainDeadlineMs: DEADLINE_MS,
    onPhase: (phase, count) => phases.push([phase, count]),
  })
  let over = false
  const leaving: Leaving = {
    clock,
    phases,
    hurry,
    draining: () => shutdown.draining,
    over: async () => {
      await new Promise(setImmediate)
      return over
    },
    unfinished,
  }
  void (async () => {
    await shutdown.leave(() => leaving.unfinished, hurry.signal)
    over = true
  })()
  return leaving
}

describe('a shutdown', () => {
  it('settles first: new calls are taken, even if nothing is in progress', async () => {
    const { clock, phases, draining, over } = leaveWith(0)
    clock.advance(SETTLE_MS - 1)
    expect([phases, draining(), await over()]).toEqual([[['settling', 0]], false, false])
  })

  it('is leaving from the first moment, and not before', async () => {
    const shutdown = createShutdown({
      clock: new FakeClock(),
      settleMs: 1,
      drainDeadlineMs: 1,
      onPhase: () => undefined,
    })
    expect(shutdown.leaving).toBe(false)
    void shutdown.leave(() => 1, new AbortController().signal)
    expect([shutdown.leaving, shutdown.draining]).toEqual([true, false])
  })

  it('then drains, and is over as soon as nothing is in progress', async () => {
    const leaving = leaveWith(3)
    leaving.clock.advance(SETTLE_MS + 1_000)
    expect([leaving.draining(), await leaving.over()]).toEqual([true, false])
    leaving.unfinished = 0
    leaving.clock.advance(1_000)
    expect(await leaving.over()).toBe(true)
    expect(leaving.phases).toEqual([
      ['settling', 3],
      ['draining', 3],
      ['over', 0],
    ])
  })

  it('is over at the deadline of draining, whatever is in progress', async () => {
    const leaving = leaveWith(3)
    leaving.clock.advance(SETTLE_MS + DEADLINE_MS - 1)
    expect(await leaving.over()).toBe(false)
    leaving.clock.advance(1)
    expect([await leaving.over(), leaving.phases.at(-1)]).toEqual([true, ['over', 3]])
  })

  it.each([
    ['settles', 1_000],
    ['drains', SETTLE_MS + 1_000],
  ])('is over at once when it is hurried while it %s', async (_, at) => {
    const { clock, hurry, over, phases } = leaveWith(3)
    clock.advance(at)
    hurry.abort()
    expect([await over(), phases.at(-1)]).toEqual([true, ['over', 3]])
  })

  it('in a hurry from the start has no phases', async () => {
    const hurry = new AbortController()
    hurry.abort()
    const { over, phases } = leaveWith(3, hurry)
    expect([await over(), phases]).toEqual([true, [['over', 3]]])
  })

  it('leaves no timer behind, and goes through each phase once', async () => {
    const { clock, hurry, phases } = leaveWith(0)
    clock.advance(SETTLE_MS + DEADLINE_MS)
    hurry.abort()
    expect([clock.pending, phases.map(([phase]) => phase)]).toEqual([0, ['settling', 'draining', 'over']])
  })
})
