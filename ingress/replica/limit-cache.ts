/** What pods tell each other about limits of calls. No call waits for it. */

/** Messages about hung-up calls after a place in the stream. */
export interface HungUpMessages {
  /** The place of the last message. */
  readonly after: string
  /** Keys of calls. */
  readonly keys: readonly number[]
}

/** Each function rejects with a `CacheError` if the cache is not available. It can be called again. */
export interface LimitCache {
  /** Replaces the report of this pod, and returns the reports of all pods by their names. */
  exchange(pod: string, report: string): Promise<ReadonlyMap<string, string>>
  /** Removes the reports of pods that are gone. */
  forget(pods: readonly string[]): Promise<void>
  /** Tells all pods of calls that were hung up. Returns the place of this message. */
  tell(keys: readonly number[]): Promise<string>
  /** Reads the messages after a place, oldest first. Waits up to `waitMs` for the first one. */
  hear(after: string, waitMs: number): Promise<HungUpMessages>
  close(): void
}
