/** Runs everything in one process: the manifests of a folder, the operator's compiler, a table in memory, and the ingress. */
import { type Serving, startServing } from '../ingress/serve/serving.ts'
import { createServingCore } from '../ingress/serve/serving-core.ts'
import { serveManifests } from './serve-manifests.ts'
import type { StandaloneConfig } from './standalone-config.ts'

/** Starts the process. Rejects if it cannot start: the folder gives no usable table, or an address cannot be bound. */
export async function runStandalone(config: StandaloneConfig): Promise<Pick<Serving, 'leave'>> {
  const core = createServingCore(config)
  // This stage reads the folder and writes the table.
  const manifests = await serveManifests(config.rules, core)
  // This stage reads packets and the table. It writes packets, metrics and log lines.
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
