import { describe, expect, it } from '@jest/globals'
import {
  createWorkQueue,
  TerminalError,
  type WorkOutcome,
  type WorkResult,
} from '../../../../operator/kubernetes-writes/work-queue.ts'
import { fakeOperatorClock } from '../../../support/fake-operator-clock.ts'
import { pass, settled } from '../../../support/passing-time.ts'

interface Piece {
  readonly key: string
  readonly at: number
  readonly signal: AbortSignal
  end(result?: WorkResult): void
  fail(error?: Error): void
}

/** A queue whose work ends when the test says so. */
function queueOf({ workers = 1 } = {}) {
  const clock = fakeOperatorClock()
  const pieces: Piece[] = []
  const told: string[] = []
  const outcomes: WorkOutcome[] = []
  const queue = createWorkQueue({
    workers,
    clock,
    work: (key, signal) => {
      return new Promise((resolve, reject) => {
        const fail = (error = new Error('broken')) => reject(error)
        pieces.push({ key, at: clock.now(), signal, end: (result) => resolve(result), fail })
      })
    },
    onError: (key, error) => told.push(`${key}: ${String(error)}`),
    hooks: {
      onAdd: () => told.push('add'),
      onStart: (waited) => told.push(`start after ${waited}`),
      onDone: (_, outcome) => outcomes.push(outcome),
      onRetry: () => told.push('retry'),
    },
  })
  const last = () => {
    const piece = pieces.at(-1)
    if (!piece) throw new Error('no work has been started')
    return piece
  }
  const keys = () => pieces.map(({ key }) => key)
  return { clock, queue, pieces, keys, last, told, outcomes }
}

describe('the work queue', () => {
  it('works once on a key that is added several times before its turn', async () => {
    const { queue, keys, last } = queueOf()
    for (const key of ['a', 'b', 'b', 'b']) queue.add(key)
    last().end()
    await settled()
    last().end()
    await settled()
    expect(keys()).toEqual(['a', 'b'])
  })

  it('never has two workers on one key, and works again on one that was added meanwhile', async () => {
    const { queue, keys, last } = queueOf({ workers: 4 })
    queue.add('a')
    queue.add('a')
    await settled()
    expect(keys()).toEqual(['a'])
    last().end()
    await settled()
    expect(keys()).toEqual(['a', 'a'])
  })

  it('has no more work in progress than workers', async () => {
    const { queue, keys } = queueOf({ workers: 2 })
    for (const key of ['a', 'b', 'c']) queue.add(key)
    await settled()
    expect(keys()).toEqual(['a', 'b'])
    expect(queue.state()).toMatchObject({ active: 2, depth: 1 })
  })

  it('takes fresh changes before the initial mass', async () => {
    const { queue, keys, last } = queueOf()
    for (const key of ['a', 'b', 'c']) queue.add(key, 'initial')
    queue.add('d')
    queue.add('c')
    for (let i = 0; i < 4; i++) {
      last().end()
      await settled()
    }
    expect(keys()).toEqual(['a', 'd', 'c', 'b'])
  })

  it('repeats what fails after pauses that double, and begins anew after a success', async () => {
    const { queue, clock, pieces, last } = queueOf()
    queue.add('a')
    for (let failure = 0; failure < 4; failure++) {
      last().fail()
      await pass(clock, 100, 1)
    }
    const pauses = pieces.slice(1).map(({ at }, i) => at - i * 100)
    expect(pauses).toEqual([5, 10, 20, 40])
    last().end()
    await settled()
    queue.add('a')
    last().fail()
    const failedAt = clock.now()
    await pass(clock, 100, 1)
    expect(last().at - failedAt).toBe(5)
  })

  it('waits at most a quarter of an hour and some before a repeat', async () => {
    const { queue, clock, last, pieces } = queueOf()
    queue.add('a')
    for (let failure = 0; failure < 25; failure++) {
      last().fail()
      await pass(clock, 1_000_000, 500_000)
    }
    expect(pieces).toHaveLength(26)
  })

  it('holds back the repeats of all keys together', async () => {
    const { queue, clock, pieces } = queueOf({ workers: 1_000 })
    for (let i = 0; i < 200; i++) queue.add(`key ${i}`)
    for (const piece of pieces) piece.fail()
    await pass(clock, 1_000, 10)
    // A burst of 100, then ten a second.
    expect(pieces.length - 200).toBe(110)
  })

  it('does not repeat a terminal failure until the key is added again', async () => {
    const { queue, clock, last, keys, told, outcomes } = queueOf()
    queue.add('a')
    last().fail(new TerminalError('refused'))
    await pass(clock, 2_000_000, 500_000)
    expect(keys()).toEqual(['a'])
    expect(told).toContain('a: TerminalError: refused')
    queue.add('a')
    expect(keys()).toEqual(['a', 'a'])
    expect(outcomes).toEqual(['terminal'])
  })

  it('comes back to a key after the time that its work asks for', async () => {
    const { queue, clock, last, pieces, outcomes } = queueOf()
    queue.add('a')
    last().end({ repeatAfter: 700 })
    await pass(clock, 699, 699)
    expect(pieces).toHaveLength(1)
    await pass(clock, 1, 1)
    expect(pieces).toHaveLength(2)
    expect(outcomes).toEqual(['requeue_after'])
  })

  it('keeps the earliest of several delayed additions', async () => {
    const { queue, clock, last } = queueOf()
    queue.addAfter('a', 500)
    queue.addAfter('a', 100)
    queue.addAfter('a', 900)
    await pass(clock, 2_000, 100)
    expect(last().at).toBe(100)
    expect(clock.pending()).toBe(1)
  })

  it('tells work that takes too long to stop, and says that it is stuck if it does not', async () => {
    const { queue, clock, last } = queueOf()
    queue.add('a')
    await pass(clock, 30_000, 30_000)
    expect(last().signal.aborted).toBe(true)
    expect(queue.stuck()).toBe(false)
    await pass(clock, 91_000, 91_000)
    expect(queue.stuck()).toBe(true)
    expect(queue.state()).toMatchObject({ active: 1, longest: 121_000, unfinished: 121_000 })
  })

  it('drains by doing what is ready and what waits, and then takes nothing more', async () => {
    const { queue, clock, last, keys } = queueOf()
    queue.add('a')
    queue.addAfter('b', 60_000)
    const drained = queue.drain(10_000)
    queue.add('c')
    last().fail()
    await settled()
    last().end()
    await drained
    expect(keys()).toEqual(['a', 'b'])
    expect(clock.pending()).toBe(0)
  })

  it('stops draining when its time is over', async () => {
    const { queue, clock, last } = queueOf()
    queue.add('a')
    const drained = queue.drain(10_000)
    await pass(clock, 10_000, 10_000)
    await drained
    expect(last().signal.aborted).toBe(true)
  })

  it('starts nothing and repeats nothing once it is stopped', async () => {
    const { queue, clock, last, keys, told } = queueOf()
    for (const key of ['a', 'b']) queue.add(key)
    queue.stop()
    expect(last().signal.aborted).toBe(true)
    last().fail()
    await pass(clock, 60_000, 10_000)
    queue.add('c')
    expect(keys()).toEqual(['a'])
    expect(told.filter((line) => line.includes('broken'))).toEqual([])
    expect(queue.state().depth).toBe(0)
  })
})
