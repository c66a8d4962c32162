/**
 * Exchanges with the other pods what limits need to know: how much each pod is used, and which calls were hung up. It runs beside
 * the calls, and does nothing while no limit of the table needs it.
 */
import type { CallLimits } from '../limit/call-limits.ts'
import type { HungUpQueue } from '../limit/hung-up-queue.ts'
import { createPodReports, writeReport } from '../limit/pod-reports.ts'
import { createFaultReporter, type FaultReporter } from './fault-reporter.ts'
import type { LimitCache } from './limit-cache.ts'
import { HEAR_WAIT_MS, LONGEST_RETRY_MS, TELL_DELAY_MS, USE_INTERVAL_MS, USE_INTERVAL_PER_POD_MS } from './limits.ts'

export interface LimitExchangeOptions {
  /** This cache is closed when the exchange is closed. */
  readonly cache: LimitCache
  readonly limits: CallLimits
  readonly hungUp: HungUpQueue
  /** Name of this pod among the pods. */
  readonly pod: string
  /** Called once for each fault, and again when the fault comes back or changes. */
  readonly onFault: (code: string, message: string) => void
}

export interface LimitExchange {
  close(): void
}

/** Starts at once. While the cache is away, limits go on with what they know. */
export function startLimitExchange(options: LimitExchangeOptions): LimitExchange {
  const loops = [sharing(options), telling(options), hearing(options)].map((turn) => repeat(turn, options))
  return {
    close: () => {
      for (const loop of loops) loop.end()
      options.cache.close()
    },
  }
}

/** Does one turn. Returns the milliseconds until the next one. */
type Turn = () => Promise<number>

function repeat(turn: Turn, { onFault }: LimitExchangeOptions): { end(): void } {
  const faults: FaultReporter = createFaultReporter(onFault)
  let ended = false
  let timer: NodeJS.Timeout | undefined
  const run = async (): Promise<void> => {
    let waitMs = LONGEST_RETRY_MS
    try {
      waitMs = await turn()
      faults.clear()
    } catch (error) {
      if (!ended) faults.report(error)
    }
    if (!ended) timer = setTimeout(() => void run(), waitMs).unref()
  }
  void run()
  return {
    end: () => {
      ended = true
      clearTimeout(timer)
    },
  }
}

/** Reports the use of this pod, reads that of the others, and divides the limits by it. */
export function sharing({ cache, limits, pod }: Pick<LimitExchangeOptions, 'cache' | 'limits' | 'pod'>): Turn {
  const pods = createPodReports(pod)
  let number = 0
  return async () => {
    if (!limits.isShared) return USE_INTERVAL_MS
    const texts = await cache.exchange(pod, writeReport(++number, limits.takeReport()))
    const { reports, own, gone } = pods.read(texts)
    limits.divide(reports, own)
    await cache.forget(gone)
    return Math.max(USE_INTERVAL_MS, reports.length * USE_INTERVAL_PER_POD_MS)
  }
}

function telling({ cache, hungUp }: LimitExchangeOptions): Turn {
  return async () => {
    const keys = hungUp.take()
    if (keys.length === 0) return TELL_DELAY_MS
    try {
      await cache.tell(keys)
    } catch (error) {
      hungUp.putBack(keys)
      throw error
    }
    return 0
  }
}

/** An empty message marks the place from which a pod hears. What was told before concerns calls that the pod does not have. */
function hearing({ cache, limits }: LimitExchangeOptions): Turn {
  let after: string | undefined
  return async () => {
    if (!limits.countsCalls) return USE_INTERVAL_MS
    after ??= await cache.tell([])
    const heard = await cache.hear(after, HEAR_WAIT_MS)
    after = heard.after
    for (const key of heard.keys) limits.hungUpElsewhere(key)
    return 0
  }
}
