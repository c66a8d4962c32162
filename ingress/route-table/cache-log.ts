/**
 * Records of the log. Each record describes how one version of the table became the next. Changes of entries are text: `key
 * \n json \n` for each entry. For a removed entry, the second line is empty. Keys and JSON contain no line break, so a
 * script in the cache can read the text.
 */
import { CacheContentError } from './cache-content-error.ts'
import { type CacheHead, decodeHead } from './cache-head.ts'

/** The key of an entry and its new JSON. The JSON is undefined if the entry was removed. */
export type EntryChange = readonly [key: string, json: string | undefined]

/** One step in the table's history. `head` describes the table after the step. */
export type LogRecord =
  | {
      readonly type: 'delta'
      readonly head: CacheHead
      /** The version to which the changes are applied. */
      readonly from: number
      readonly changes: readonly EntryChange[]
    }
  /** The whole table was written again. */
  | { readonly type: 'reload'; readonly head: CacheHead }

/**
 * Writes changes as text. Throws a RangeError if a key or a JSON text contains a line break, because each of them must be
 * one line.
 */
export function encodeChanges(changes: readonly EntryChange[]): string {
  let lines = ''
  for (const [key, json = ''] of changes) {
    if (key.includes('\n') || json.includes('\n')) throw new RangeError(`entry ${key} holds a line break`)
    lines += `${key}\n${json}\n`
  }
  return lines
}

/** Reads a record's fields from a list in which names and values alternate. Throws `CacheContentError`. */
export function decodeLogRecord(fields: readonly string[]): LogRecord {
  const byName = new Map<string, string>()
  for (let i = 0; i + 1 < fields.length; i += 2) byName.set(fields[i] ?? '', fields[i + 1] ?? '')
  const head = decodeHead(byName.get('head') ?? '', 'log')
  const [from, changes] = [byName.get('from'), byName.get('changes')]
  if (from === undefined && changes === undefined) return { type: 'reload', head }
  if (from === undefined || !/^\d{1,15}$/.test(from)) throw wrong('from', 'the version before')
  return { type: 'delta', head, from: Number(from), changes: decodeChanges(changes ?? '') }
}

function decodeChanges(text: string): EntryChange[] {
  const lines = text.split('\n')
  if (lines.pop() !== '' || lines.length % 2 !== 0) throw wrong('changes', 'two whole lines for each entry')
  const changes: EntryChange[] = []
  for (let i = 0; i < lines.length; i += 2) changes.push([lines[i] ?? '', lines[i + 1] || undefined])
  return changes
}

function wrong(field: string, expected: string): CacheContentError {
  return new CacheContentError({ key: 'log', field, expected })
}
