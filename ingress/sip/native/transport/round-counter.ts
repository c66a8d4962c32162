import { FULL_ROUND_MESSAGES } from '../../limits.ts'

/**
 * Counts the messages of one round of the event loop, for sockets from which Node reads by itself. The returned function counts
 * one. `onFull` is called for each `FULL_ROUND_MESSAGES` messages of a round.
 */
export function createRoundCounter(onFull: () => void): () => void {
  let count = 0
  const beginRound = (): void => {
    count = 0
  }
  return () => {
    if (count === 0) setImmediate(beginRound)
    count++
    if (count % FULL_ROUND_MESSAGES === 0) onFull()
  }
}
