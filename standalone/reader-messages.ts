/** What the thread that serves calls and the one that reads the folder say to each other. */
import type { CacheHead } from '../ingress/route-table/cache-head.ts'
import type { EntryChange } from '../ingress/route-table/cache-log.ts'
import type { ManifestFolderError } from '../operator/watch/manifest-folder.ts'
import type { ManifestProblem } from '../operator/watch/manifest-problem.ts'
import type { ConditionChanges } from './condition-changes.ts'

export type ToReader =
  /** Entries of the table in use, by key, with their hashes: before `begin`. */
  | { readonly type: 'held'; readonly entries: readonly (readonly [string, number])[] }
  /** With the state of a folder that could not be read: read it once it is another. */
  | { readonly type: 'begin'; readonly version: number; readonly unreadable?: string | undefined }
  /** Asks for the next part of the changes. */
  | { readonly type: 'next' }
  /** Whether the changes are in use: what comes next counts from there. */
  | { readonly type: 'taken'; readonly inUse: boolean }

export type FromReader =
  /** The folder in this state is being read, or still is. */
  | { readonly type: 'reading'; readonly state: string }
  | { readonly type: 'read'; readonly outcome: ReadOutcome }
  | { readonly type: 'changes'; readonly changes: readonly EntryChange[] }
  /** The folder is as it was when the table in use was made of it. */
  | { readonly type: 'unchanged' }

export type ReadOutcome =
  /** The folder as a whole, and not what is in it. */
  | { readonly type: 'failed'; readonly error: string; readonly code?: ManifestFolderError['code'] | undefined }
  | { readonly type: 'refused'; readonly problems: readonly ManifestProblem[]; readonly more: number }
  | { readonly type: 'same'; readonly conditions: ConditionChanges }
  | TableOffer

/** A table that is another than the one in use. */
export interface TableOffer {
  readonly type: 'changed'
  readonly conditions: ConditionChanges
  readonly names: ChangedNames
  readonly head: CacheHead
  /** The version that the changes are made to; undefined: they are the whole table. */
  readonly from: number | undefined
  /** In how many parts the changes come. */
  readonly parts: number
}

/** `rule default/support`, by what became of it. */
export interface ChangedNames {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
  /** How many there are besides. */
  readonly more: number
}
