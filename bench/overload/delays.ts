/** Timers for many calls: one queue for each length of a pause. What comes first into a queue is due first. */

interface Waiting {
  readonly dueAt: number
  readonly action: () => void
}

interface Queue {
  waiting: Waiting[]
  /** Those before this place are done. */
  done: number
}

export interface Delays {
  /** Calls `action` in so many milliseconds. The caller of the action judges whether it is still wanted. */
  after(milliseconds: number, action: () => void): void
  /** Calls what is due, at most so many of each queue: the rest is called the next time. */
  run(most: number): void
}

/** Entries that a queue drops together, so that dropping costs little. */
const DROP = 4096

/** `now`: milliseconds of a clock that never goes back. */
export function createDelays(now: () => number): Delays {
  const queues = new Map<number, Queue>()
  return {
    after: (milliseconds, action) => {
      const queue = queues.get(milliseconds) ?? { waiting: [], done: 0 }
      queues.set(milliseconds, queue)
      queue.waiting.push({ dueAt: now() + milliseconds, action })
    },
    run: (most) => {
      const at = now()
      for (const queue of queues.values()) runQueue(queue, at, most)
    },
  }
}

function runQueue(queue: Queue, at: number, most: number): void {
  for (let i = 0; i < most; i++) {
    const next = queue.waiting[queue.done]
    if (!next || next.dueAt > at) break
    queue.done++
    next.action()
  }
  if (queue.done < DROP) return
  queue.waiting = queue.waiting.slice(queue.done)
  queue.done = 0
}
