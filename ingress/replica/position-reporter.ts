import type { TablePosition } from '../route-table/cache-head.ts'
import type { FaultReporter } from './fault-reporter.ts'
import { REPORT_DELAY_MS, REPORT_INTERVAL_MS } from './limits.ts'
import type { TableCacheReader } from './table-cache.ts'

/** Reports to the cache which position this pod runs, and which backends it has found down: soon after each change, and again before the latest report expires. */
export interface PositionReporter {
  /** Called when the position has changed. Many changes within a short time make one report. */
  changed(): void
  close(): void
}

export interface PositionReporterOptions {
  readonly cache: TableCacheReader
  readonly pod: string
  /** The position that this pod runs. Undefined if no table is loaded, and then nothing is reported. */
  readonly position: () => TablePosition | undefined
  /** The names of the backends that this pod has found down. */
  readonly downBackends: () => readonly string[]
  readonly faults: FaultReporter
}

export function createPositionReporter(options: PositionReporterOptions): PositionReporter {
  const { cache, pod, position, downBackends, faults } = options
  let timer: NodeJS.Timeout | undefined
  let reporting = false
  let closed = false
  const plan = (delayMs: number): void => {
    clearTimeout(timer)
    timer = setTimeout(() => void report(), delayMs).unref()
  }
  const report = async (): Promise<void> => {
    const at = position()
    reporting = true
    try {
      if (at !== undefined) await cache.report(pod, at, downBackends())
      faults.clear()
    } catch (error) {
      if (!closed) faults.report(error)
    }
    reporting = false
    if (!closed) plan(position() === at ? REPORT_INTERVAL_MS : REPORT_DELAY_MS)
  }
  plan(REPORT_DELAY_MS)
  return {
    changed() {
      if (!reporting && !closed) plan(REPORT_DELAY_MS)
    },
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}
