/** An ingress in memory that falls behind when a test says so, and reads its sockets when a test says so. */
import type { TransportName } from '../../ingress/sip/port/engine.ts'
import { type Harness, type HarnessOptions, startHarness } from './engine-harness.ts'

export interface OverloadedHarness extends Harness {
  /** The sockets have more than is read at once. */
  readonly fallBehind: (transport?: TransportName) => void
  /** One round of the event loop. With `unread`, the sockets were not empty at its end. */
  readonly round: (unread?: 'unread') => void
  /** Rounds until nothing waits any more. */
  readonly catchUp: () => void
}

export async function startOverloaded(options: HarnessOptions = {}): Promise<OverloadedHarness> {
  const works: (() => void)[] = []
  const afterReading = (work: () => void): void => {
    works.push(work)
  }
  const harness = await startHarness({ ...options, engine: { ...options.engine, afterReading } })
  const { network } = harness
  const round = (unread?: 'unread'): void => {
    if (unread) network.fullBatch()
    for (const work of works.splice(0)) work()
  }
  return {
    ...harness,
    fallBehind: (transport) => network.fullBatch(transport),
    round,
    catchUp: () => {
      while (works.length > 0) round()
    },
  }
}
