import {
  type CacheConnection,
  type CacheConnectionOptions,
  createCacheConnection,
} from '../../ingress/cache-connection/cache-connection.ts'
import { CacheError } from '../../ingress/cache-connection/cache-error.ts'
import { readHead, readSnapshot, replyList, replyText } from '../../ingress/cache-connection/cached-table.ts'
import { CacheContentError } from '../../ingress/route-table/cache-content-error.ts'
import {
  type CacheHead,
  decodeDownBackends,
  decodeHead,
  decodeReport,
  encodeHead,
  type ReaderReport,
} from '../../ingress/route-table/cache-head.ts'
import { CACHE_PROTOCOL, type CacheKeys, cacheKeys } from '../../ingress/route-table/cache-keys.ts'
import { encodeChanges } from '../../ingress/route-table/cache-log.ts'
import {
  MAX_LOG_LENGTH,
  MAX_LOG_RECORDS,
  MIN_LOG_RECORDS,
  REPORT_BATCH,
  STAGING_EXPIRY_MS,
  STAGING_LENGTH,
} from './limits.ts'
import { PUBLISH_SCRIPT, REPLACE_SCRIPT, STAGE_SCRIPT } from './publish-scripts.ts'
import type { PublishedTable, TableCacheWriter, WriteResult } from './table-cache-writer.ts'

/** The shared cache in Redis or Valkey, under a prefix. Throws a RangeError if the prefix is invalid. */
export function createRedisTableCacheWriter(prefix: string, options: CacheConnectionOptions): TableCacheWriter {
  const keys = cacheKeys(prefix)
  const connection = createCacheConnection(options)
  const target = { connection, keys }
  return {
    head: () => readHead(connection, keys),
    snapshot: () => readSnapshot(connection, keys),
    async size() {
      const size = await connection.send(keys.entries, ['HLEN', keys.entries])
      return typeof size === 'number' ? size : 0
    },
    publish({ expected, head, changes }) {
      const lines = encodeChanges(changes)
      const versions = [String(expected.version), String(head.version)]
      const args = [encodeHead(expected), encodeHead(head), ...versions, lines, String(logRecords(lines))]
      return run(target, PUBLISH_SCRIPT, { head, keys: [keys.entries, keys.log], args })
    },
    replace: (table) => replace(target, table),
    readers: () => readReports(target),
    close: () => connection.close(),
  }
}

interface Target {
  readonly connection: CacheConnection
  readonly keys: CacheKeys
}

interface ScriptCall {
  /** A head that has the epoch and the installation of the writer. */
  readonly head: CacheHead
  /** The keys of the script that follow the key of the head. */
  readonly keys: readonly string[]
  readonly args: readonly string[]
}

async function run({ connection, keys }: Target, script: string, call: ScriptCall): Promise<WriteResult> {
  const { epoch, installation } = call.head
  const names = [keys.head, ...call.keys]
  const guard = [String(epoch), installation, String(CACHE_PROTOCOL)]
  const command = ['EVAL', script, String(names.length), ...names, ...guard, ...call.args]
  const [word, text] = replyList('script', await connection.send(keys.head, command))
  return readResult(replyText('script', word), replyText('script', text))
}

/** Throws `CacheContentError` with the code `cache-protocol` if another version of the program has written the head. */
function readResult(word: string, text: string): WriteResult {
  if (word === 'published') return { type: 'published' }
  if (word === 'conflict') return { type: 'conflict', head: readableHead(text) }
  const head = decodeHead(text)
  if (word === 'fenced' || word === 'foreign') return { type: word, head }
  throw new CacheError('cache-failed', `the shared cache answered a script with ${word}`)
}

/** The head in a reply. Undefined if the head is absent or damaged. In both cases the writer replaces the whole table. */
function readableHead(text: string): CacheHead | undefined {
  if (text === '') return undefined
  try {
    return decodeHead(text)
  } catch (error) {
    if (error instanceof CacheContentError && error.code === 'cache-content') return undefined
    throw error
  }
}

/** Writes a table in small steps into a separate key. Then it renames this key. So no step blocks the cache for long. */
async function replace(target: Target, { head, entries }: PublishedTable): Promise<WriteResult> {
  const staging = target.keys.staging(head.epoch)
  let step = 'first'
  for (const lines of stagingSteps(entries)) {
    const args = [step, lines, String(STAGING_EXPIRY_MS)]
    const result = await run(target, STAGE_SCRIPT, { head, keys: [staging], args })
    if (result.type !== 'published') return result
    step = 'next'
  }
  const { entries: hash, log } = target.keys
  const args = [encodeHead(head), String(head.version), String(head.entries)]
  return run(target, REPLACE_SCRIPT, { head, keys: [hash, log, staging], args })
}

/**
 * The steps in which a table is written. An empty table has one step too, because the first step removes what an interrupted
 * writer has left.
 */
function* stagingSteps(entries: PublishedTable['entries']): Generator<string> {
  let lines = ''
  for (const entry of entries) {
    lines += encodeChanges([entry])
    if (lines.length < STAGING_LENGTH) continue
    yield lines
    lines = ''
  }
  yield lines
}

/** The most records that the log may have after this change. The larger the change, the fewer records the log may have. */
function logRecords(lines: string): number {
  const fitting = Math.floor(MAX_LOG_LENGTH / Math.max(1, lines.length))
  return Math.max(MIN_LOG_RECORDS, Math.min(MAX_LOG_RECORDS, fitting))
}

async function readReports({ connection, keys }: Target): Promise<ReaderReport[]> {
  const pods = replyList('readers', await connection.send(keys.readers, ['SMEMBERS', keys.readers]))
  const reports: ReaderReport[] = []
  const gone: string[] = []
  for (let i = 0; i < pods.length; i += REPORT_BATCH) {
    const batch = pods.slice(i, i + REPORT_BATCH).map((pod) => replyText('readers', pod))
    const command = ['MGET', ...batch.map((pod) => keys.reader(pod)), ...batch.map((pod) => keys.downBackends(pod))]
    const texts = replyList('readers', await connection.send(keys.readers, command))
    for (const [place, pod] of batch.entries()) {
      const text = texts[place]
      if (typeof text === 'string') reports.push(readReport(pod, text, texts[batch.length + place]))
      else gone.push(pod)
    }
  }
  if (gone.length > 0) await connection.send(keys.readers, ['SREM', keys.readers, ...gone])
  return reports
}

/**
 * If a report cannot be read, the pod counts as alive and as running no table. The pod's next report corrects this. `down`: the
 * reply for its list of backends. A list that cannot be read counts as empty: it says nothing about the table.
 */
function readReport(pod: string, text: string, down: unknown): ReaderReport {
  const report = readable(() => decodeReport(pod, text)) ?? { pod, epoch: 0, version: 0 }
  const names = typeof down === 'string' ? readable(() => decodeDownBackends(pod, down)) : undefined
  return names === undefined || names.length === 0 ? report : { ...report, down: names }
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof CacheContentError) return undefined
    throw error
  }
}
