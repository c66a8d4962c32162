/** The operator's and a pod's side of one shared cache, with a record of everything that the pod reported. */
import { setTimeout as pause } from 'node:timers/promises'
import type { CacheConnectionOptions } from '../../ingress/cache-connection/cache-connection.ts'
import { createLiveTable, type LiveTable } from '../../ingress/lookup/live-table.ts'
import { createRedisTableCacheReader } from '../../ingress/replica/redis-table-cache-reader.ts'
import { type SnapshotSource, startSnapshotSource } from '../../ingress/replica/snapshot-source.ts'
import type { TableCacheReader } from '../../ingress/replica/table-cache.ts'
import type { TableEntry } from '../../ingress/route-table/route-table.ts'
import { createPublisher, type Publisher } from '../../operator/publish/publisher.ts'
import { createRedisTableCacheWriter } from '../../operator/publish/redis-table-cache-writer.ts'
import type { TableCacheWriter } from '../../operator/publish/table-cache-writer.ts'
import { cacheConnection } from './cache-connection.ts'
import { INSTALLATION } from './whole-table.ts'

/** Milliseconds that any event may take: many times the usual time, because the limit only ends a test that hangs. */
const LIMIT_MS = 120_000

/** Milliseconds between two looks. */
const LOOK_MS = 10

/** Resolves when `holds` returns true. */
export async function until(holds: () => boolean | Promise<boolean>, explain: () => string = () => ''): Promise<void> {
  const deadline = performance.now() + LIMIT_MS
  while (!(await holds())) {
    if (performance.now() > deadline)
      throw new Error(`UNTIL: not within ${LIMIT_MS} ms: ${String(holds)}\n${explain()}`)
    await pause(LOOK_MS)
  }
}

/** A pod that follows the cache. */
export interface FollowingPod {
  readonly table: LiveTable
  /** Version of every table that the pod has run. */
  readonly versions: readonly number[]
  readonly faults: readonly string[]
  readonly contacts: () => number
  /** Whether the pod's disk has its table; undefined before the first write. */
  readonly onDisk: () => boolean | undefined
  /** Resolves when the pod runs exactly these rules. */
  runs(...names: readonly string[]): Promise<void>
  /** Resolves when the pod has reported a fault of this code, not counting the first `from` faults. */
  reported(code: string, from?: number): Promise<void>
  close(): Promise<void>
}

export interface PodOptions {
  readonly pod?: string
  readonly file?: string
}

export async function startPod(cache: TableCacheReader, { pod = 'pod', file }: PodOptions = {}): Promise<FollowingPod> {
  const table = createLiveTable()
  const [versions, faults] = [[] as number[], [] as string[]]
  let contacts = 0
  let onDisk: boolean | undefined
  const source: SnapshotSource = await startSnapshotSource({
    cache,
    table,
    pod,
    file,
    fraction: Math.random,
    onSwap: () => versions.push(table.version),
    onContact: () => {
      contacts++
    },
    onDisk: (holds) => {
      onDisk = holds
    },
    onFault: (code, message) => faults.push(`${code}: ${message}`),
  })
  const names = () => [...table.rules()].map(({ name }) => name).sort()
  return {
    table,
    versions,
    faults,
    contacts: () => contacts,
    onDisk: () => onDisk,
    runs: (...expected) =>
      until(
        () =>
          table.loaded &&
          names().join() ===
            expected
              .map((name) => `team/${name}`)
              .sort()
              .join(),
        () => `runs ${names().join()}, faults ${faults.join('\n')}`,
      ),
    reported: (code, from = 0) =>
      until(
        () => faults.slice(from).some((fault) => fault.startsWith(`${code}:`)),
        () => faults.join('\n'),
      ),
    close: () => source.close(),
  }
}

/** An operator that has only the cache, and repeats each attempt until it succeeds. */
export interface PublishingOperator {
  readonly cache: TableCacheWriter
  readonly publisher: Publisher
  /** Resolves when the cache contains these entries. */
  publishes(entries: readonly TableEntry[]): Promise<void>
  /** Resolves when the cache contains the table of the last publication again. */
  mends(depth?: 'head' | 'entries'): Promise<void>
  close(): void
}

export interface OperatorOptions {
  readonly epoch?: number
  readonly installation?: string
}

export function openOperator(cache: TableCacheWriter, options: OperatorOptions = {}): PublishingOperator {
  const { epoch = 1, installation = INSTALLATION } = options
  const publisher = createPublisher({ cache, installation, epoch })
  const isDone = (type: string | undefined) => type === 'published' || type === 'unchanged'
  return {
    cache,
    publisher,
    publishes: (entries) => until(async () => isDone((await publisher.publish(entries)).type)),
    mends: (depth = 'head') => until(async () => isDone((await publisher.verify(depth))?.type)),
    close: () => cache.close(),
  }
}

/** Reader and writer of one prefix. */
export function redisReader(url: string, options: Partial<CacheConnectionOptions> = {}): TableCacheReader {
  return createRedisTableCacheReader('rules', cacheConnection(url, options))
}

export function redisWriter(
  url: string,
  options: Partial<CacheConnectionOptions> & { readonly prefix?: string } = {},
): TableCacheWriter {
  const { prefix = 'rules', ...connection } = options
  return createRedisTableCacheWriter(prefix, cacheConnection(url, connection))
}
