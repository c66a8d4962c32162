/**
 * What one reading of manifests stores for the next one: the contents of files. If a file has not changed, the next reading
 * uses its stored content.
 */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import { type FileContent, fileState, readManifestFile } from './manifest-file.ts'
import type { PlacedObject } from './manifest-object.ts'

/**
 * The memory saves time and never changes a result. As long as a file does not change, its objects are the same JavaScript
 * objects.
 */
export interface ManifestMemory {
  /**
   * Returns the content of a file. The file is read only if it has changed. `onRead` is called immediately before the file is
   * read.
   */
  content(file: string, onRead?: () => void): Promise<FileContent>
  /**
   * Returns the object with a creation time. If the object has none, the time is made from `order`, the position in the order
   * of files.
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
      // The state is taken before the file is read. If the file is written during the reading, its state differs at the next
      // call.
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
 * Whether the content of a file may be used again. A file that could not be read is always tried again, because its permissions
 * may have changed.
 */
function isRemembered({ problems }: FileContent): boolean {
  return problems.every(({ code }) => code !== 'unreadable_file')
}
