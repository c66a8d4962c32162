import { ManifestFolderError, type Manifests } from '../operator/watch/manifest-folder.ts'
import { formatProblem } from '../operator/watch/manifest-problem.ts'
import { ConfigError } from './config.ts'
import { readManifests } from './manifests.ts'

/** Manifests without a problem, as `standalone` would serve them. Throws a `ConfigError` with every problem. */
export async function readExplainManifests(paths: readonly string[]): Promise<Manifests> {
  const manifests = await readManifests(paths).catch((error: unknown) => {
    throw error instanceof ManifestFolderError ? new ConfigError([`--rules: ${error.message}`]) : error
  })
  if (manifests.problems.length > 0) throw new ConfigError(manifests.problems.map(formatProblem))
  return manifests
}
