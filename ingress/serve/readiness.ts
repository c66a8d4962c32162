/** Decides whether calls should come to this process, and when they may begin to come. */
import type { SipEngine } from '../sip/port/engine.ts'
import { READY_LOOK_MS } from './limits.ts'
import type { ServingConfig } from './serving-config.ts'
import type { ServingCore } from './serving-core.ts'
import type { Shutdown } from './shutdown.ts'
import { warmUp } from './warm-up.ts'
import { partOf, type WarmUpTable } from './warm-up-table.ts'

export interface Readiness {
  /** Reasons why no calls should come, one per line. If empty, calls should come. */
  reasons(): readonly string[]
  /** Waits for the first table and warms up with it. Then waits until calls should come, and calls `onServing` once. */
  begin(onServing: () => void): void
}

export interface ReadinessOptions {
  readonly core: Pick<ServingCore, 'table' | 'tableLoaded' | 'clock' | 'emit'>
  readonly logLevel: ServingConfig['logLevel']
  readonly shutdown: Shutdown
  readonly engine: Pick<SipEngine, 'unready'>
}

export function createReadiness({ core, logLevel, shutdown, engine }: ReadinessOptions): Readiness {
  const { table, clock } = core
  let warm = false
  const reasons = (): string[] => [
    ...(table.loaded ? [] : ['no rule table is loaded']),
    ...(table.loaded && !warm ? ['warming up'] : []),
    ...(engine.unready ?? []),
    ...(shutdown.leaving
      ? [`shutting down: ${shutdown.draining ? 'new calls are refused' : 'calls are still taken'}`]
      : []),
  ]
  const look = (onServing: () => void): void => {
    if (shutdown.leaving) return
    if (reasons().length === 0) onServing()
    else clock.after(READY_LOOK_MS, look, onServing)
  }
  const serve = async (onServing: () => void): Promise<void> => {
    await core.tableLoaded
    await warmedUp(core, () => partOf(table), logLevel)
    warm = true
    look(onServing)
  }
  return { reasons, begin: (onServing) => void serve(onServing) }
}

/** Warms up. If the warm-up fails, the process goes on. Only its first calls are then slower. */
export async function warmedUp(
  { emit }: Pick<ServingCore, 'emit'>,
  makeTable: () => WarmUpTable,
  logLevel: ServingConfig['logLevel'],
): Promise<void> {
  try {
    await warmUp(makeTable(), logLevel)
  } catch (error) {
    emit({ type: 'fault', code: 'warm-up-failed', message: String(error) })
  }
}
