/** The calls that were hung up here and may be counted in another process, until that process is told. */
import { MAX_TOLD_AT_ONCE, MAX_WAITING_TO_BE_TOLD } from './limits.ts'

export interface HungUpQueue {
  /** Adds the key of a call. If too many wait, it is left out: the call then counts until its time is over. */
  add(key: number): void
  /** Takes the oldest keys, at most `MAX_TOLD_AT_ONCE`. */
  take(): number[]
  /** Puts keys back that could not be told. */
  putBack(keys: readonly number[]): void
}

export function createHungUpQueue(): HungUpQueue {
  let waiting: number[] = []
  return {
    add: (key) => {
      if (waiting.length < MAX_WAITING_TO_BE_TOLD) waiting.push(key)
    },
    take: () => waiting.splice(0, MAX_TOLD_AT_ONCE),
    putBack: (keys) => {
      waiting = [...keys, ...waiting].slice(0, MAX_WAITING_TO_BE_TOLD)
    },
  }
}
