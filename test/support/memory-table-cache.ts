/** The shared cache in memory, for both of its sides: it keeps the contract, and cannot fail. */
import type { TableCacheReader } from '../../ingress/replica/table-cache.ts'
import {
  type CacheHead,
  encodeHead,
  type ReaderReport,
  type TableSnapshot,
} from '../../ingress/route-table/cache-head.ts'
import type { LogRecord } from '../../ingress/route-table/cache-log.ts'
import type {
  PublishedChange,
  PublishedTable,
  TableCacheWriter,
  WriteResult,
} from '../../operator/publish/table-cache-writer.ts'

export interface MemoryTableCache {
  reader(): TableCacheReader
  writer(): TableCacheWriter
}

interface Store {
  head: CacheHead | undefined
  entries: Map<string, string>
  log: LogRecord[]
  readonly reports: Map<string, ReaderReport>
  readonly waiting: Set<() => void>
}

/** Reports in this cache never expire. */
export function createMemoryTableCache(): MemoryTableCache {
  const store: Store = { head: undefined, entries: new Map(), log: [], reports: new Map(), waiting: new Set() }
  const head = () => Promise.resolve(store.head)
  const snapshot = (): Promise<TableSnapshot | undefined> =>
    Promise.resolve(store.head && { head: store.head, entries: new Map(store.entries) })
  return {
    reader: () => ({
      head,
      snapshot,
      next: (after, waitMs) => next(store, after, waitMs),
      report: async (pod, { epoch, version }, down = []) => {
        store.reports.set(pod, { pod, epoch, version, ...(down.length > 0 && { down }) })
      },
      close: () => wake(store),
    }),
    writer: () => ({
      head,
      snapshot,
      size: async () => store.entries.size,
      publish: async (change) => publish(store, change),
      replace: async (table) => replace(store, table),
      readers: async () => [...store.reports.values()],
      close: () => undefined,
    }),
  }
}

async function next(store: Store, after: number, waitMs: number): Promise<readonly LogRecord[]> {
  const newer = () => store.log.filter((record) => record.head.version > after)
  if (newer().length === 0 && waitMs > 0) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs)
      store.waiting.add(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
  return newer()
}

function publish(store: Store, { expected, head, changes }: PublishedChange): WriteResult {
  const refused = refusal(store, head)
  if (refused !== undefined) return refused
  if (store.head === undefined || encodeHead(store.head) !== encodeHead(expected)) {
    return { type: 'conflict', head: store.head }
  }
  for (const [key, json] of changes) {
    if (json === undefined) store.entries.delete(key)
    else store.entries.set(key, json)
  }
  store.log.push({ type: 'delta', head, from: expected.version, changes })
  store.head = head
  wake(store)
  return { type: 'published' }
}

function replace(store: Store, { head, entries }: PublishedTable): WriteResult {
  const refused = refusal(store, head)
  if (refused !== undefined) return refused
  if (store.head?.epoch === head.epoch && store.head.version >= head.version) {
    return { type: 'conflict', head: store.head }
  }
  store.entries = new Map(entries)
  store.log = [{ type: 'reload', head }]
  store.head = head
  wake(store)
  return { type: 'published' }
}

function refusal({ head }: Store, writer: CacheHead): WriteResult | undefined {
  if (head === undefined) return undefined
  if (head.installation !== writer.installation) return { type: 'foreign', head }
  return head.epoch > writer.epoch ? { type: 'fenced', head } : undefined
}

function wake({ waiting }: Store): void {
  for (const resolve of waiting) resolve()
  waiting.clear()
}
