/** Reads a folder of manifests, compiles the manifests, compares the result with the table in use, and offers the changes. */
import { compile } from '../operator/compile/compile.ts'
import { createCompileMemory } from '../operator/compile/compile-memory.ts'
import { ManifestFolderError, readManifestFolder } from '../operator/watch/manifest-folder.ts'
import { createManifestMemory } from '../operator/watch/manifest-memory.ts'
import { createConditionTracker } from './condition-changes.ts'
import { MAX_REPORTED_PROBLEMS } from './limits.ts'
import type { ReadOutcome } from './reader-messages.ts'
import { createTableOffers, type TableOffers } from './table-offers.ts'

export interface FolderReader extends Pick<TableOffers, 'hold' | 'begin' | 'next' | 'taken'> {
  /** Reads what has changed in the folder. Never rejects. */
  read(): Promise<ReadOutcome>
}

/** Makes a reader. `onStep` is called before each part of the work that may take long. */
export function createFolderReader(folder: string, onStep: () => void): FolderReader {
  const memory = createManifestMemory()
  const compileMemory = createCompileMemory()
  const conditionsSince = createConditionTracker()
  const offers = createTableOffers()
  const read = async (): Promise<ReadOutcome> => {
    const { trunks, rules, problems } = await readManifestFolder(folder, { memory, onFile: onStep })
    if (problems.length > 0) {
      const first = problems.slice(0, MAX_REPORTED_PROBLEMS)
      return { type: 'refused', problems: first, more: problems.length - first.length }
    }
    onStep()
    const { entries, conditions: objects } = compile({ trunks, rules }, compileMemory)
    onStep()
    const offer = offers.offer(entries)
    const conditions = conditionsSince.next(objects)
    return offer ? { ...offer, conditions } : { type: 'same', conditions }
  }
  return { ...offers, read: () => read().catch(failure) }
}

function failure(error: unknown): ReadOutcome {
  if (error instanceof ManifestFolderError) return { type: 'failed', error: error.message, code: error.code }
  return { type: 'failed', error: String(error) }
}
