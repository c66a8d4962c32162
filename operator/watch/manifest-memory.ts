/** What one reading of manifests leaves to the next: the content of files that are still the same. */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import { type FileContent, fileState, readManifestFile } from './manifest-file.ts'
import type { PlacedObject } from './manifest-object.ts'

/** It saves time and changes no result. An object that is the same as before is the same object. */
export interface ManifestMemory {
  /** The content of a file, read where it is another than before; `onRead` is called first. */
  content(file: string, onRead?: () => void): Promise<FileContent>
  /** The object with a time of creation: its own, or one that its place in the order of files stands for. */
  dated(placed: PlacedObject, order: number): SipTrunk | DispatchRule
  /** Forgets every other file. */
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
      // Before the file is read: what is written meanwhile makes another state.
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
      const kept = new Set(files)
      for (const file of known.keys()) if (!kept.has(file)) known.delete(file)
    },
  }
}

/** What the system could not read it may read at the next attempt, though the file is the same: rights have changed, say. */
function isRemembered({ problems }: FileContent): boolean {
  return problems.every(({ code }) => code !== 'unreadable_file')
}
