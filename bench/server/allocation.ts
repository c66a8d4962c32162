/** What a Node process allocates, from the lines that `--trace-gc` writes into its log. */
import { readFileSync, statSync } from 'node:fs'

const MEBIBYTE = 2 ** 20

/** Bytes of a log up to now: where a measurement begins. */
export function logLength(logFile: string): number {
  return statSync(logFile).size
}

/**
 * Bytes that the process allocated since its log was so long: from one collection to the next, the heap grows by what was
 * allocated. What came before the first collection and after the last one is left out.
 */
export function allocatedBytes(logFile: string, from: number): number {
  let mebibytes = 0
  let left: number | undefined
  const text = readFileSync(logFile).toString('latin1', from)
  for (const [, before, after] of text.matchAll(
    /: (?:Scavenge|Mark-Compact)[^\n]*? ([\d.]+) \([\d.]+\) -> ([\d.]+) \(/g,
  )) {
    if (left !== undefined) mebibytes += Number(before) - left
    left = Number(after)
  }
  return mebibytes * MEBIBYTE
}
