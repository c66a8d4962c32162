/**
 * Stands in the place of the table stage. It compiles, compares the result with the shared cache and logs what would be
 * published. It writes nothing.
 */
import type { OperatorConfig } from '../operator-config.ts'
import { dryRun } from '../reconcile/dry-run.ts'
import type { WatchedObjects } from '../watch/watched-objects.ts'
import { cacheWriter, type OperatorCore } from './operator-core.ts'

export interface DryRunStage {
  /** Must be called when something may have changed. Each call starts a dry run as soon as the earlier dry runs have ended. */
  touch(): void
  /** Resolves when no dry run is in progress. */
  stop(): Promise<void>
}

export function createDryRunStage(core: OperatorCore, config: OperatorConfig, watched: WatchedObjects): DryRunStage {
  const { logger, onFault } = core
  const cache = cacheWriter(config, 'sip-dispatch-dry-run')
  const look = async (): Promise<void> => {
    if (!watched.synced) return
    await dryRun({
      ...{ watched, cache, onFault },
      onResult: (result) => logger.info(result, 'dry run: this would be published'),
      onCondition: ({ kind, objectName }, { type, reason, message }) =>
        logger.warn({ kind, name: objectName, condition: type, reason, detail: message }, 'condition'),
    })
  }
  let looks = Promise.resolve()
  return {
    touch: () => {
      looks = looks.then(look)
    },
    stop: async () => {
      await looks
      cache.close()
    },
  }
}
