import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { TableCacheReader } from '../../../../ingress/replica/table-cache.ts'
import type { TableEntry } from '../../../../ingress/route-table/route-table.ts'
import { checksumText, entryHash } from '../../../../ingress/route-table/table-checksum.ts'
import type { TableCacheWriter } from '../../../../operator/publish/table-cache-writer.ts'
import { type FollowingPod, type PodOptions, startPod, until } from '../../../support/cache-parts.ts'
import { createMemoryTableCache, type MemoryTableCache } from '../../../support/memory-table-cache.ts'
import { scheduleEntry } from '../../../support/schedule-entry.ts'
import { ruleEntry, trunkEntry } from '../../../support/table-entries.ts'
import { wholeTable } from '../../../support/whole-table.ts'

const A = ruleEntry('a')
const B = ruleEntry('b')

/** Puts a whole table into the cache. */
function put(
  writer: TableCacheWriter,
  entries: readonly TableEntry[],
  epoch: number,
  version: number,
): Promise<unknown> {
  return writer.replace(wholeTable(entries, { epoch, version }))
}

/** Makes one table of another by a change. */
function change(
  writer: TableCacheWriter,
  tables: readonly (readonly TableEntry[])[],
  version: number,
): Promise<unknown> {
  const [before = [], after = []] = tables
  const expected = wholeTable(before, { epoch: 1, version: version - 1 })
  const { head, entries } = wholeTable(after, { epoch: 1, version })
  const kept = new Set(entries.map(([key]) => key))
  const gone = expected.entries.filter(([key]) => !kept.has(key)).map(([key]) => [key, undefined] as const)
  return writer.publish({ expected: expected.head, head, changes: [...entries, ...gone] })
}

describe('a pod that follows the shared cache', () => {
  let folder: string
  let cache: MemoryTableCache
  let writer: TableCacheWriter
  const pods: FollowingPod[] = []

  const starts = async (reader: TableCacheReader = cache.reader(), options: PodOptions = {}): Promise<FollowingPod> => {
    const pod = await startPod(reader, options)
    pods.push(pod)
    return pod
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snapshot-source-'))
    cache = createMemoryTableCache()
    writer = cache.writer()
  })
  afterEach(async () => {
    for (const pod of pods.splice(0)) await pod.close()
    rmSync(folder, { recursive: true })
  })

  it('waits for the first table', async () => {
    const pod = await starts()
    await pod.reported('cache-empty')
    expect(pod.table.loaded).toBe(false)
    await put(writer, [A], 1, 1)
    await pod.runs('a')
    expect(pod.contacts()).toBeGreaterThan(0)
  })

  it('takes changes one by one, without reading the whole table again', async () => {
    await put(writer, [A], 1, 1)
    const reader = cache.reader()
    let snapshots = 0
    const pod = await starts({
      ...reader,
      snapshot: () => {
        snapshots++
        return reader.snapshot()
      },
    })
    await pod.runs('a')
    await change(writer, [[A], [A, B]], 2)
    await change(
      writer,
      [
        [A, B],
        [B, trunkEntry('t')],
      ],
      3,
    )
    await until(() => pod.table.version === 3)
    await pod.runs('b')
    expect(pod.table.trunk('team/t')).toEqual(trunkEntry('t'))
    expect([snapshots, pod.versions]).toEqual([1, [1, 2, 3]])
  })

  it('says which version it runs', async () => {
    await put(writer, [A], 3, 7)
    await starts(cache.reader(), { pod: 'pod-1' })
    await until(async () => (await writer.readers()).length === 1)
    expect(await writer.readers()).toEqual([{ pod: 'pod-1', epoch: 3, version: 7 }])
    await put(writer, [B], 3, 8)
    await until(async () => (await writer.readers())[0]?.version === 8)
  })

  it('reads the whole table where a change is missing', async () => {
    await put(writer, [A], 1, 1)
    const reader = cache.reader()
    const pod = await starts({
      ...reader,
      next: async (after, waitMs) => (await reader.next(after, waitMs)).filter(({ head }) => head.version !== 2),
    })
    await pod.runs('a')
    await change(writer, [[A], [A, B]], 2)
    await change(writer, [[A, B], [B]], 3)
    await pod.runs('b')
    expect(pod.table.rule('team/a')).toBeUndefined()
  })

  it('reads the whole table where a change does not lead to the checksum that it promises', async () => {
    await put(writer, [A], 1, 1)
    const reader = cache.reader()
    const pod = await starts({
      ...reader,
      next: async (after, waitMs) =>
        (await reader.next(after, waitMs)).map((record) =>
          record.type === 'delta' ? { ...record, changes: [] } : record,
        ),
    })
    await pod.runs('a')
    await change(writer, [[A], [B]], 2)
    await pod.runs('b')
    expect(pod.table.rule('team/a')).toBeUndefined()
  })

  it.each([
    ['an entry that is none', '{}', 'cache-content'],
    [
      'a pattern that RE2 does not take',
      JSON.stringify(ruleEntry('a', { called: [{ type: 'regex', pattern: '(' }] })),
      'ROUTE_TABLE_PATTERN',
    ],
    [
      'a time zone that nobody knows',
      JSON.stringify(ruleEntry('a', { schedule: [scheduleEntry({ timeZone: 'Mars/Base' })] })),
      'ROUTE_TABLE_TIME_ZONE',
    ],
  ])('keeps the last good table where the cache holds %s', async (_what, json, code) => {
    await put(writer, [A], 1, 1)
    const reader = cache.reader()
    let damaged = false
    const pod = await starts({
      ...reader,
      next: async (after, waitMs) => (damaged ? [] : reader.next(after, waitMs)),
      snapshot: async () => {
        const snapshot = await reader.snapshot()
        if (!damaged || snapshot === undefined) return snapshot
        const checksum = checksumText(entryHash('rule/team/a', json))
        return { head: { ...snapshot.head, checksum }, entries: new Map([['rule/team/a', json]]) }
      },
    })
    await pod.runs('a')
    damaged = true
    await put(writer, [B], 1, 2)
    await pod.reported(code)
    expect([pod.table.version, pod.table.rule('team/a')]).toEqual([1, A])
    damaged = false
    await pod.runs('b')
  })

  it('reports no version while it cannot read what the cache holds, and its own again when it can', async () => {
    await put(writer, [A], 1, 1)
    const reader = cache.reader()
    let damaged = true
    await starts({
      ...reader,
      snapshot: async () => {
        const snapshot = await reader.snapshot()
        return damaged && snapshot ? { ...snapshot, entries: new Map([['rule/team/a', '{']]) } : snapshot
      },
    })
    await until(async () => (await writer.readers())[0]?.version === 0)
    damaged = false
    await until(async () => (await writer.readers())[0]?.version === 1)
    expect(await writer.readers()).toEqual([{ pod: 'pod', epoch: 1, version: 1 }])
  })

  it('never goes back to an older table', async () => {
    await put(writer, [A], 2, 5)
    const pod = await starts()
    await pod.runs('a')
    const older = createMemoryTableCache()
    await put(older.writer(), [B], 1, 9)
    const second = await starts(older.reader(), { file: await fileOf(pod, folder) })
    await second.reported('cache-older')
    expect(second.versions).toEqual([5])
    await second.runs('a')
  })

  it('serves from its file when the cache cannot be had', async () => {
    await put(writer, [A, trunkEntry('t')], 1, 4)
    const file = join(folder, 'table')
    const first = await starts(cache.reader(), { file })
    await first.runs('a')
    await first.close()
    const lost = () => Promise.reject(Object.assign(new Error('lost'), { code: 'cache-unreachable' }))
    const second = await starts({ ...cache.reader(), head: lost, snapshot: lost, next: lost, report: lost }, { file })
    expect(second.versions).toEqual([4])
    expect(second.table.trunk('team/t')).toEqual(trunkEntry('t'))
    await second.reported('cache-unreachable')
    expect(second.contacts()).toBe(0)
  })

  it.each([
    ['cut short', (text: string) => text.slice(0, -30)],
    ['cut short at a line', (text: string) => text.split('\n').slice(2).join('\n')],
    ['changed', (text: string) => text.replace('"priority":0', '"priority":9')],
    ['empty', () => ''],
    ['of another program', () => '{"some":"json"}\n'],
  ])('says that its file is %s, and takes the table of the cache', async (_how, damage) => {
    await put(writer, [A, B], 1, 4)
    const file = join(folder, 'table')
    const first = await starts(cache.reader(), { file })
    await first.runs('a', 'b')
    await first.close()
    writeFileSync(file, damage(readFileSync(file, 'utf8')))
    const second = await starts(cache.reader(), { file })
    expect(second.faults).toEqual([expect.stringMatching(/^table-file: the table file .* is not used: /)])
    await second.runs('a', 'b')
  })

  it('says that its file cannot be written, and serves all the same', async () => {
    await put(writer, [A], 1, 1)
    const pod = await starts(cache.reader(), { file: join(folder, 'missing', 'table') })
    await pod.runs('a')
    await pod.close()
    expect(pod.faults).toEqual([expect.stringMatching(/^table-file: .* cannot be written: ENOENT/)])
  })
})

/** The file that a pod would have written. */
async function fileOf(pod: FollowingPod, folder: string): Promise<string> {
  const file = join(folder, 'other')
  const cache = createMemoryTableCache()
  await put(cache.writer(), [...pod.table.rules()], 2, pod.table.version)
  const writing = await startPod(cache.reader(), { file })
  await until(() => writing.table.loaded)
  await writing.close()
  return file
}
