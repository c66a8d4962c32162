/** Decides whether calls should come to this process, and when they may begin to come. */
import { FIRST_ANSWERS_MS } from '../resolve/limits.ts'
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

/** The look-ups of names, as far as readiness needs them. */
interface FirstNames {
  readonly names: Pick<ServingCore['names'], 'pending'>
}

export interface ReadinessOptions {
  readonly core: Pick<ServingCore, 'table' | 'tableLoaded' | 'clock' | 'emit'> & FirstNames
  readonly logLevel: ServingConfig['logLevel']
  readonly shutdown: Shutdown
  readonly engine: Pick<SipEngine, 'unready'>
}

export function createReadiness({ core, logLevel, shutdown, engine }: ReadinessOptions): Readiness {
  const { table, clock } = core
  let warm = false
  const namesPending = firstAnswers(core)
  const reasons = (): string[] => [
    ...(table.loaded ? [] : ['no rule table is loaded']),
    ...(table.loaded && !warm ? ['warming up'] : []),
    ...(namesPending() ? ['waiting for the first answers of DNS about the names of backends'] : []),
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

/**
 * Returns a function that says whether names of the first table still wait for their first answer. It says no after a few seconds
 * anyway, and from then on: a DNS that is down must not keep a pod from serving its other backends.
 */
function firstAnswers({ table, names, clock }: Pick<ServingCore, 'table' | 'clock'> & FirstNames): () => boolean {
  let until: number | undefined
  let over = false
  return () => {
    if (over || !table.loaded) return false
    until ??= clock.now() + FIRST_ANSWERS_MS
    over = names.pending === 0 || clock.now() >= until
    return !over
  }
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
