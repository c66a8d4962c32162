/** Reads manifests from files and folders as one set, because a rule in one file may name a trunk in another file. */
import { statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import {
  ManifestFolderError,
  type Manifests,
  manifestFiles,
  readManifestFiles,
} from '../operator/watch/manifest-folder.ts'
import { formatProblem } from '../operator/watch/manifest-problem.ts'
import { ConfigError } from './settings/config.ts'

/** Whether nothing exists at a path. */
export function isMissing(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) === undefined
}

/**
 * Reads the given files, and the files of the given folders. Rejects with a ManifestFolderError if a folder has no
 * manifest.
 */
export async function readManifests(paths: readonly string[]): Promise<Manifests> {
  const files = await Promise.all(paths.map(filesOf))
  return readManifestFiles([...new Set(files.flat())])
}

/** Reads manifests as `standalone` does: they must have no problem. Throws a `ConfigError` with every problem. */
export async function readExplainManifests(paths: readonly string[]): Promise<Manifests> {
  const manifests = await readManifests(paths).catch((error: unknown) => {
    throw error instanceof ManifestFolderError ? new ConfigError([`--rules: ${error.message}`]) : error
  })
  if (manifests.problems.length > 0) throw new ConfigError(manifests.problems.map(formatProblem))
  return manifests
}

async function filesOf(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch(noSuchPath)
  if (!found?.isDirectory()) return [path]
  const files = await manifestFiles(path)
  if (files.length > 0) return files
  throw new ManifestFolderError('no_manifests', `${path} holds no manifest: put *.yaml, *.yml or *.json files there`)
}

/** Ignores an error of `stat`. The path is read as a file later, and this reading reports the error. */
function noSuchPath(): undefined {
  return undefined
}
