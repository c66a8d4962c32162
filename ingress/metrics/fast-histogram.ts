/** A histogram as a row of numbers. To count a value costs a short search and two additions, and allocates no memory. */
export interface FastHistogram {
  /** Upper bounds, ascending. A value that equals a bound is counted under this bound (`le` of Prometheus). */
  readonly bounds: readonly number[]
  /** The number of values per bound, not cumulative. The last item counts the values that are greater than every bound. */
  readonly counts: Float64Array
  sum: number
}

/** The counts that a scrape shows: one cumulative count per bound, then the total count. */
export interface CumulativeCounts {
  readonly upTo: readonly number[]
  readonly all: number
}

/** An empty histogram with ascending upper bounds. */
export function createFastHistogram(bounds: readonly number[]): FastHistogram {
  return { bounds, counts: new Float64Array(bounds.length + 1), sum: 0 }
}

/** Counts one value. A value that is not a finite number is ignored, because a NaN would stay in the sum for ever. */
export function observe(histogram: FastHistogram, value: number): void {
  if (!Number.isFinite(value)) return
  const { bounds, counts } = histogram
  let at = 0
  while (at < bounds.length && value > (bounds[at] ?? 0)) at++
  counts[at] = (counts[at] ?? 0) + 1
  histogram.sum += value
}

/** The counts in the cumulative form of Prometheus. */
export function cumulativeCounts(histogram: FastHistogram): CumulativeCounts {
  let all = 0
  const upTo: number[] = []
  histogram.counts.forEach((count, at) => {
    all += count
    if (at < histogram.bounds.length) upTo.push(all)
  })
  return { upTo, all }
}
