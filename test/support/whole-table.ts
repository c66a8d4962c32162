/** Tables in the form in which a writer gives them to the shared cache. */
import type { CacheHead, TablePosition } from '../../ingress/route-table/cache-head.ts'
import { entryKey, type TableEntry } from '../../ingress/route-table/route-table.ts'
import { addHash, checksumText, EMPTY_CHECKSUM, entryHash } from '../../ingress/route-table/table-checksum.ts'
import { encodeEntry } from '../../ingress/route-table/table-codec.ts'

export const INSTALLATION = 'installation-a'

export interface WholeTable {
  readonly head: CacheHead
  readonly entries: readonly (readonly [key: string, json: string])[]
}

/** A whole table with its head. */
export function wholeTable(
  entries: readonly TableEntry[],
  { epoch, version, installation = INSTALLATION }: TablePosition & { readonly installation?: string },
): WholeTable {
  const texts = entries.map((entry) => [entryKey(entry), encodeEntry(entry)] as const)
  let checksum = EMPTY_CHECKSUM
  for (const [key, json] of texts) checksum = addHash(checksum, entryHash(key, json))
  const head = { installation, epoch, version, checksum: checksumText(checksum), entries: texts.length }
  return { head, entries: texts }
}
