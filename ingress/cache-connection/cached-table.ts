/** Reads the table in the shared cache. Pods read the table to run it, and the operator reads the table that it wrote. */
import { CacheContentError } from '../route-table/cache-content-error.ts'
import { type CacheHead, comparePositions, decodeHead, type TableSnapshot } from '../route-table/cache-head.ts'
import type { CacheKeys } from '../route-table/cache-keys.ts'
import { decodeLogRecord, type LogRecord } from '../route-table/cache-log.ts'
import type { CacheConnection } from './cache-connection.ts'
import { LOG_READ_RECORDS, MAX_SNAPSHOT_TRIES, SCAN_ENTRIES } from './limits.ts'

/** Reads the head of the table. Undefined if no table was published. Rejects with `CacheError` or `CacheContentError`. */
export async function readHead(connection: CacheConnection, keys: CacheKeys): Promise<CacheHead | undefined> {
  const reply = await connection.send(keys.head, ['GET', keys.head])
  return reply === null ? undefined : decodeHead(replyText('head', reply))
}

/**
 * Reads head and entries of one version. The entries are read in steps, and the table may change between two steps. So the
 * head is read before and after the entries. If the two heads differ, the changes between their versions are taken from the
 * log and applied to the entries. The result has the version of the later head.
 */
export async function readSnapshot(connection: CacheConnection, keys: CacheKeys): Promise<TableSnapshot | undefined> {
  for (let i = 0; i < MAX_SNAPSHOT_TRIES; i++) {
    const before = await readHead(connection, keys)
    if (before === undefined) return undefined
    const entries = await scanEntries(connection, keys)
    const head = await readHead(connection, keys)
    if (head === undefined) return undefined
    if (comparePositions(before, head) === 0) return { head, entries }
    if (await catchUp({ connection, keys, entries }, before, head)) return { head, entries }
  }
  const expected = `the same table for the time of one read, ${MAX_SNAPSHOT_TRIES} tries`
  throw new CacheContentError({ key: 'entries', field: '', expected })
}

/** Reads the records of the log after a version, oldest first. Waits up to `waitMs` for the first record. */
export async function readLog(
  connection: CacheConnection,
  keys: CacheKeys,
  { after, waitMs }: { readonly after: number; readonly waitMs: number },
): Promise<LogRecord[]> {
  const block = waitMs > 0 ? ['BLOCK', String(waitMs)] : []
  const command = ['XREAD', 'COUNT', String(LOG_READ_RECORDS), ...block, 'STREAMS', keys.log, `${after}-0`]
  const reply = await connection.send(keys.log, command, { waitMs })
  if (reply === null) return []
  const [stream] = replyList('log', reply)
  return replyList('log', replyList('log', stream)[1]).map((record) => {
    const fields = replyList('log', replyList('log', record)[1])
    return decodeLogRecord(fields.map((field) => replyText('log', field)))
  })
}

async function scanEntries(connection: CacheConnection, keys: CacheKeys): Promise<Map<string, string>> {
  const entries = new Map<string, string>()
  let cursor = '0'
  do {
    const command = ['HSCAN', keys.entries, cursor, 'COUNT', String(SCAN_ENTRIES)]
    const [next, fields] = replyList('entries', await connection.send(keys.entries, command))
    cursor = replyText('entries', next)
    const texts = replyList('entries', fields)
    for (let i = 0; i + 1 < texts.length; i += 2) {
      entries.set(replyText('entries', texts[i]), replyText('entries', texts[i + 1]))
    }
  } while (cursor !== '0')
  return entries
}

interface Scanned {
  readonly connection: CacheConnection
  readonly keys: CacheKeys
  readonly entries: Map<string, string>
}

/** Applies the changes of the log to the entries. Returns whether the log had every change between the two versions. */
async function catchUp({ connection, keys, entries }: Scanned, before: CacheHead, head: CacheHead): Promise<boolean> {
  let version = before.version
  while (version < head.version) {
    const records = await readLog(connection, keys, { after: version, waitMs: 0 })
    if (records.length === 0) return false
    for (const record of records) {
      if (version === head.version) return true
      if (record.type !== 'delta' || record.from !== version) return false
      version = record.head.version
      for (const [key, json] of record.changes) {
        if (json === undefined) entries.delete(key)
        else entries.set(key, json)
      }
    }
  }
  return version === head.version
}

/** Returns a RESP2 reply that must be a text. Any other reply throws a `CacheContentError` that names the part of the cache. */
export function replyText(key: string, reply: unknown): string {
  if (typeof reply === 'string') return reply
  throw new CacheContentError({ key, field: '', expected: 'a text as reply' })
}

/** Returns a RESP2 reply that must be a list. Any other reply throws a `CacheContentError` that names the part of the cache. */
export function replyList(key: string, reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply
  throw new CacheContentError({ key, field: '', expected: 'a list as reply' })
}
