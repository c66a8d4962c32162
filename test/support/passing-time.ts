import type { FakeOperatorClock } from './fake-operator-clock.ts'

/** Lets code run that waits only for promises. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Lets `ms` milliseconds pass in steps; after each step, code runs that waits for promises. */
export async function pass(clock: FakeOperatorClock, ms: number, step = 50): Promise<void> {
  await settled()
  const end = clock.now() + ms
  while (clock.now() < end) {
    clock.advance(Math.min(step, end - clock.now()))
    await settled()
  }
}
