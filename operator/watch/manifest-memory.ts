/**
 * The data that one reading of manifests keeps for the next one: the contents of files. The next reading uses the content of a
 * file again if the file has not changed.
 */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import { type FileContent, fileState, readManifestFile } from './manifest-file.ts'
import type { PlacedObject } from './manifest-object.ts'

/**
 * The memory saves time and changes no result. If a file has not changed, each of its objects is returned as the identical
 * JavaScript object.
 */
export interface ManifestMemory {
  /** The content of a file. The file is read only if it has changed. `onRead` is called immediately before the reading. */
  content(file: string, onRead?: () => void): Promise<FileContent>
  /**
   * The object with a time of creation. This is the object's own time, or a time made from `order` (its position in the order of
   * files).
   */
  dated(placed: PlacedObject, order: number): SipTrunk | DispatchRule
  /** Forgets all files except the given ones. */
  keep(files: readonly string[]): void
}

interface Dated {
  readonly order: number
  readonly object: SipTrunk | DispatchRule
}

export function createManifestMemory(): ManifestMemory {
  const known = new Map<string, { readonly state: string; readonly content: FileContent }>()
  const dated = new WeakMap<PlacedObject, Dated>()
  return {
    async content(file, onRead) {
      // The state is taken before the file is read. If somebody writes during the reading, the state at the next call is
      // different.
      const state = fileState(file)
      const before = known.get(file)
      if (before?.state === state && isRemembered(before.content)) return before.content
      onRead?.()
      const content = await readManifestFile(file)
      known.set(file, { state, content })
      return content
    },
    dated(placed, order) {
      const before = dated.get(placed)
      if (before?.order === order) return before.object
      const { object } = placed
      const creationTimestamp = object.metadata.creationTimestamp ?? new Date(order).toISOString()
      const made = { ...object, metadata: { ...object.metadata, creationTimestamp } }
      dated.set(placed, { order, object: made })
      return made
    },
    keep(files) {
      const retained = new Set(files)
      for (const file of known.keys()) if (!retained.has(file)) known.delete(file)
    },
  }
}

/**
 * Whether the content of a file is used again. If a file could not be read, it is tried again even if it has not changed, because
 * its permissions may have changed.
 */
function isRemembered({ problems }: FileContent): boolean {
  return problems.every(({ code }) => code !== 'unreadable_file')
}
