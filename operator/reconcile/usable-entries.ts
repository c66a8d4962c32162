import type { TableEntry } from '../../ingress/route-table/route-table.ts'
import { decodeEntry, encodeEntry } from '../../ingress/route-table/table-codec.ts'
import { errorText } from '../../ingress/text/error-text.ts'

/**
 * The entries that a pod can read. If one entry cannot be read, a pod refuses the whole table and gets no other change. So such
 * an entry stays in its last published form, or is left out if it was never published. An entry that is the same JavaScript
 * object as the published entry is not checked.
 */
export function usableEntries(
  entries: ReadonlyMap<string, TableEntry>,
  published: ReadonlyMap<string, TableEntry>,
  onUnusable: (key: string, problem: string) => void,
): Map<string, TableEntry> {
  const usable = new Map<string, TableEntry>()
  for (const [key, entry] of entries) {
    const before = published.get(key)
    const problem = before === entry ? undefined : problemOf(key, entry)
    if (problem !== undefined) onUnusable(key, problem)
    const retained = problem === undefined ? entry : before
    if (retained) usable.set(key, retained)
  }
  return usable
}

function problemOf(key: string, entry: TableEntry): string | undefined {
  try {
    decodeEntry(key, encodeEntry(entry))
    return undefined
  } catch (error) {
    return errorText(error)
  }
}
