/**
 * Records of the log: how one table became the next. A change of entries is text, `key \n json \n` for each of them with
 * an empty second line for one that is gone: neither holds a line break, and a script in the cache can read it.
 */
import { CacheContentError } from './cache-content-error.ts'
import { type CacheHead, decodeHead } from './cache-head.ts'

/** The JSON of an entry under its key; undefined: the key is gone. */
export type EntryChange = readonly [key: string, json: string | undefined]

/** One step of the table's history. `head` says what the table is after it. */
export type LogRecord =
  | {
      readonly type: 'delta'
      readonly head: CacheHead
      /** The version that the changes are made to. */
      readonly from: number
      readonly changes: readonly EntryChange[]
    }
  /** The whole table was written again. */
  | { readonly type: 'reload'; readonly head: CacheHead }

/** Throws a RangeError for a key or a text that holds a line break: neither can be an entry's. */
export function encodeChanges(changes: readonly EntryChange[]): string {
  let lines = ''
  for (const [key, json = ''] of changes) {
    if (key.includes('\n') || json.includes('\n')) throw new RangeError(`entry ${key} holds a line break`)
    lines += `${key}\n${json}\n`
  }
  return lines
}

/** Reads a record's fields, alternating names and values. Throws `CacheContentError`. */
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
