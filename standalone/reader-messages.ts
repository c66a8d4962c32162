/** The messages between the thread that serves calls and the thread that reads the folder. */
import type { CacheHead } from '../ingress/route-table/cache-head.ts'
import type { EntryChange } from '../ingress/route-table/cache-log.ts'
import type { ManifestFolderError } from '../operator/watch/manifest-folder.ts'
import type { ManifestProblem } from '../operator/watch/manifest-problem.ts'
import type { ConditionChanges } from './condition-changes.ts'

export type ToReader =
  /** The keys and hashes of entries of the table in use. They are sent before `begin`. */
  | { readonly type: 'entries'; readonly entries: readonly (readonly [string, number])[] }
  /**
   * Starts the work. `unreadable` is set if the earlier thread ended during a reading. It is the state of the folder in that
   * reading. The folder is then read only when its state changes.
   */
  | { readonly type: 'begin'; readonly version: number; readonly unreadable?: string | undefined }
  /** Asks for the next part of the changes. */
  | { readonly type: 'next' }
  /** `inUse`: whether the offered table is now in use. If it is, later changes start from this table. */
  | { readonly type: 'taken'; readonly inUse: boolean }

export type FromReader =
  /** A sign of life: the folder is being read. `state`: the state of the folder at this reading. */
  | { readonly type: 'reading'; readonly state: string }
  | { readonly type: 'read'; readonly outcome: ReadOutcome }
  | { readonly type: 'changes'; readonly changes: readonly EntryChange[] }
  /** The folder has not changed since the table in use was made from it. */
  | { readonly type: 'unchanged' }

export type ReadOutcome =
  /** The folder as a whole could not be read. */
  | { readonly type: 'failed'; readonly error: string; readonly code?: ManifestFolderError['code'] | undefined }
  | { readonly type: 'refused'; readonly problems: readonly ManifestProblem[]; readonly more: number }
  | { readonly type: 'same'; readonly conditions: ConditionChanges }
  | TableOffer

/** A table that differs from the one in use. */
export interface TableOffer {
  readonly type: 'changed'
  readonly conditions: ConditionChanges
  readonly names: ChangedNames
  readonly head: CacheHead
  /** The version to which the changes are applied. If undefined, the changes are the whole table. */
  readonly from: number | undefined
  /** The number of parts in which the changes are sent. */
  readonly parts: number
}

/** Names such as `rule default/support`, separately for each kind of change. */
export interface ChangedNames {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
  /** The number of names that are left out. */
  readonly more: number
}
