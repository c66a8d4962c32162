import type { FakeOperatorClock } from './fake-operator-clock.ts'

/** Lets whatever waits for promises alone go on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Lets `ms` milliseconds pass in steps, and after each step whatever waits for promises go on. */
export async function pass(clock: FakeOperatorClock, ms: number, step = 50): Promise<void> {
  await settled()
  const end = clock.now() + ms
  while (clock.now() < end) {
    clock.advance(Math.min(step, end - clock.now()))
    await settled()
  }
}
