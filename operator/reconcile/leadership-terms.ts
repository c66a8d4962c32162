/**
 * Terms of leadership. A reconciler runs as long as three things are true: this process leads, it knows its installation, and
 * it has seen every object.
 */
import { errorText } from '../../ingress/text/error-text.ts'
import type { DatedClock } from '../../ingress/time/dated-clock.ts'
import { PREPARATION_RETRY_MS } from './limits.ts'
import type { TableReconciler } from './table-reconciler.ts'

export interface LeadershipTermsOptions {
  /** Prepares the first term. It is called again until it succeeds. Resolves with the name of the installation in the table. */
  readonly prepare: () => Promise<string>
  readonly start: (installation: string, epoch: number) => TableReconciler
  readonly clock: DatedClock
  readonly onFault: (code: string, message: string) => void
}

export interface LeadershipTerms {
  /** Must be called when every object has been listed. */
  synced(): void
  /** Begins a term, or continues it with another epoch. */
  begin(epoch: number): void
  /** Ends the term. No further write starts. Resolves when the last round is over. */
  end(): Promise<void>
  /** Must be called when objects have changed. */
  touch(): void
}

export function createLeadershipTerms(options: LeadershipTermsOptions): LeadershipTerms {
  let installation: string | undefined
  let preparing = false
  let synced = false
  let epoch: number | undefined
  let reconciler: TableReconciler | undefined
  const advance = (): void => {
    if (epoch === undefined || !synced || reconciler) return
    if (installation === undefined) void prepare()
    else reconciler = options.start(installation, epoch)
  }
  const prepare = async (): Promise<void> => {
    if (preparing) return
    preparing = true
    try {
      installation = await options.prepare()
    } catch (error) {
      options.onFault('preparation-failed', errorText(error))
      options.clock.after(PREPARATION_RETRY_MS, advance)
    }
    preparing = false
    if (installation !== undefined) advance()
  }
  const end = async (): Promise<void> => {
    const ending = reconciler
    reconciler = undefined
    epoch = undefined
    await ending?.stop()
  }
  return {
    synced: () => {
      synced = true
      advance()
    },
    begin: (next) => {
      void end()
      epoch = next
      advance()
    },
    end,
    touch: () => reconciler?.touch(),
  }
}
