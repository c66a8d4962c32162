/**
 * Everything in one process: the manifests of a folder, the operator's compiler, an in-memory table and the ingress.
 */
import { type Serving, startServing } from '../ingress/serve/serving.ts'
import { createServingCore } from '../ingress/serve/serving-core.ts'
import { serveManifests } from './serve-manifests.ts'
import type { StandaloneConfig } from './standalone-config.ts'

/** Rejects with the reason if it cannot start: a folder without a usable table, or an address that cannot be bound. */
export async function runStandalone(config: StandaloneConfig): Promise<Pick<Serving, 'leave'>> {
  const core = createServingCore(config)
  // Reads the folder, writes the table.
  const manifests = await serveManifests(config.rules, core)
  // Reads packets and the table, writes packets, metrics and log lines.
  const serving = await startServing(core, config, config.cookieKeys).catch((error: unknown) => {
    manifests.close()
    throw error
  })
  return {
    leave: async (hurry) => {
      await serving.leave(hurry)
      manifests.close()
    },
  }
}
