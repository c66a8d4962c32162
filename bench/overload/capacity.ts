/** How many calls per second a server can do. */
import { CAPACITY_DOUBLINGS, CAPACITY_HALVINGS, LOWEST_CAPACITY, WELL_SHARE } from './limits.ts'
import type { OpenResult } from './open-order.ts'

/** Whether a server kept up: nearly all calls that were begun in the window ended well, and in time. */
export function keptUp({ started, wellInTime }: Pick<OpenResult, 'started' | 'wellInTime'>): boolean {
  return started > 0 && wellInTime >= started * WELL_SHARE
}

/**
 * The highest rate that a server keeps up with, found by doubling and then by halving. `saturation`: calls per second with a
 * bounded number of calls open, where the search begins. It can be far below the capacity: a server that has only a share of its
 * core stands still between its turns, and then no call ends and no new one begins. Throws where the server keeps up with no rate
 * of the search.
 */
export async function searchCapacity(saturation: number, keepsUp: (rate: number) => Promise<boolean>): Promise<number> {
  let low = 0
  let high = saturation
  for (let step = 0; step < CAPACITY_DOUBLINGS && (await keepsUp(high)); step++) {
    low = high
    high *= 2
  }
  for (let step = 0; step < CAPACITY_HALVINGS; step++) {
    const rate = (Math.max(low, saturation * LOWEST_CAPACITY) + high) / 2
    if (await keepsUp(rate)) low = rate
    else high = rate
  }
  if (low === 0)
    throw new Error(`a server does not keep up with any rate from ${Math.round(high)} calls/s, however low`)
  return low
}
