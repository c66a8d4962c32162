/** What every implementation of the shared cache does, seen from both sides. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import type { TableCacheReader } from '../../ingress/replica/table-cache.ts'
import type { TableCacheWriter } from '../../operator/publish/table-cache-writer.ts'
import { ruleEntry } from '../support/table-entries.ts'
import { INSTALLATION, wholeTable } from '../support/whole-table.ts'

/** One cache, with nothing in it. */
export interface OpenedCache {
  readonly reader: TableCacheReader
  readonly writer: TableCacheWriter
}

export interface CacheUnderTest {
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
  /** An empty cache of its own for each call. */
  readonly open: () => OpenedCache
}

const A = ruleEntry('a')
const B = ruleEntry('b')
const FIRST = wholeTable([A], { epoch: 1, version: 1 })
const SECOND = wholeTable([A, B], { epoch: 1, version: 2 })
const CHANGE = { expected: FIRST.head, head: SECOND.head, changes: SECOND.entries.slice(1) }

/** Describes the contract inside the `describe` that calls it. */
export function itKeepsTheTableCacheContract(cache: CacheUnderTest): void {
  const opened: OpenedCache[] = []
  const open = (): OpenedCache => {
    const both = cache.open()
    opened.push(both)
    return both
  }
  beforeAll(cache.start)
  afterAll(async () => {
    for (const { reader, writer } of opened) {
      reader.close()
      writer.close()
    }
    await cache.stop()
  })
  itHoldsTables(open)
  itRefusesWriters(open)
  itTellsReaders(open)
}

function itHoldsTables(open: () => OpenedCache): void {
  it('holds nothing at first', async () => {
    const { reader, writer } = open()
    expect(await reader.head()).toBeUndefined()
    expect(await reader.snapshot()).toBeUndefined()
    expect(await writer.size()).toBe(0)
  })

  it('gives readers the table that was put there', async () => {
    const { reader, writer } = open()
    expect(await writer.replace(SECOND)).toEqual({ type: 'published' })
    expect(await reader.head()).toEqual(SECOND.head)
    expect(await reader.snapshot()).toEqual({ head: SECOND.head, entries: new Map(SECOND.entries) })
    expect(await writer.snapshot()).toEqual(await reader.snapshot())
    expect(await writer.size()).toBe(2)
  })

  it('holds a table without entries', async () => {
    const { reader, writer } = open()
    const empty = wholeTable([], { epoch: 1, version: 1 })
    expect(await writer.replace(empty)).toEqual({ type: 'published' })
    expect(await reader.snapshot()).toEqual({ head: empty.head, entries: new Map() })
  })

  it('makes a change as a whole: entries, head and log', async () => {
    const { reader, writer } = open()
    await writer.replace(SECOND)
    const third = wholeTable([{ ...B, priority: 7 }], { epoch: 1, version: 3 })
    const [changed = ['', '']] = third.entries
    const changes = [changed, ['rule/team/a', undefined]] as const
    expect(await writer.publish({ expected: SECOND.head, head: third.head, changes })).toEqual({ type: 'published' })
    expect(await reader.snapshot()).toEqual({ head: third.head, entries: new Map(third.entries) })
    expect(await reader.next(2, 0)).toEqual([{ type: 'delta', head: third.head, from: 2, changes }])
  })

  it('puts a whole table in the place of the one before', async () => {
    const { reader, writer } = open()
    await writer.replace(SECOND)
    const third = wholeTable([B], { epoch: 1, version: 3 })
    expect(await writer.replace(third)).toEqual({ type: 'published' })
    expect(await reader.snapshot()).toEqual({ head: third.head, entries: new Map(third.entries) })
    expect(await reader.next(2, 0)).toEqual([{ type: 'reload', head: third.head }])
  })
}

function itRefusesWriters(open: () => OpenedCache): void {
  it('refuses a writer of an earlier epoch, whatever it writes', async () => {
    const { reader, writer } = open()
    const later = wholeTable([A], { epoch: 2, version: 1 })
    await writer.replace(later)
    const fenced = { type: 'fenced', head: later.head }
    expect(await writer.replace(wholeTable([B], { epoch: 1, version: 9 }))).toEqual(fenced)
    expect(await writer.publish({ ...CHANGE, expected: later.head })).toEqual(fenced)
    expect(await reader.snapshot()).toEqual({ head: later.head, entries: new Map(later.entries) })
  })

  it('refuses another installation', async () => {
    const { reader, writer } = open()
    await writer.replace(FIRST)
    const other = wholeTable([B], { epoch: 9, version: 9, installation: 'installation-b' })
    expect(await writer.replace(other)).toEqual({ type: 'foreign', head: FIRST.head })
    const change = { expected: FIRST.head, head: other.head, changes: other.entries }
    expect(await writer.publish(change)).toEqual({ type: 'foreign', head: FIRST.head })
    expect((await reader.head())?.installation).toBe(INSTALLATION)
  })

  it('refuses a change of another table than the one it holds', async () => {
    const { writer } = open()
    expect(await writer.publish(CHANGE)).toEqual({ type: 'conflict', head: undefined })
    const held = wholeTable([B], { epoch: 1, version: 1 })
    await writer.replace(held)
    expect(await writer.publish(CHANGE)).toEqual({ type: 'conflict', head: held.head })
  })

  it('refuses a table that is not newer', async () => {
    const { writer } = open()
    await writer.replace(SECOND)
    expect(await writer.replace(FIRST)).toEqual({ type: 'conflict', head: SECOND.head })
    expect(await writer.replace(SECOND)).toEqual({ type: 'conflict', head: SECOND.head })
  })

  it('takes any table of a later epoch', async () => {
    const { reader, writer } = open()
    await writer.replace(SECOND)
    const later = wholeTable([A], { epoch: 2, version: 3 })
    expect(await writer.replace(later)).toEqual({ type: 'published' })
    expect(await reader.head()).toEqual(later.head)
  })
}

function itTellsReaders(open: () => OpenedCache): void {
  it('wakes a reader that waits for a change', async () => {
    const { reader, writer } = open()
    await writer.replace(FIRST)
    const waiting = reader.next(1, 20_000)
    await writer.publish(CHANGE)
    expect(await waiting).toMatchObject([{ type: 'delta', from: 1, head: SECOND.head }])
  })

  it('wakes a reader that waits for the first table', async () => {
    const { reader, writer } = open()
    const waiting = reader.next(0, 20_000)
    await writer.replace(FIRST)
    expect(await waiting).toEqual([{ type: 'reload', head: FIRST.head }])
  })

  it('has nothing for a reader that has everything', async () => {
    const { reader, writer } = open()
    await writer.replace(FIRST)
    expect(await reader.next(1, 1)).toEqual([])
  })

  it('tells the writer which pod runs what', async () => {
    const { reader, writer } = open()
    expect(await writer.readers()).toEqual([])
    await reader.report('pod-1', FIRST.head)
    await reader.report('pod-2', FIRST.head)
    await reader.report('pod-1', SECOND.head)
    const reports = [...(await writer.readers())].sort((a, b) => (a.pod < b.pod ? -1 : 1))
    expect(reports).toEqual([
      { pod: 'pod-1', epoch: 1, version: 2 },
      { pod: 'pod-2', epoch: 1, version: 1 },
    ])
  })

  it('tells the writer which backends a pod finds down, until it finds them up', async () => {
    const { reader, writer } = open()
    await reader.report('pod-1', FIRST.head, ['sip:10.0.0.1', 'team/pbx:5060'])
    await reader.report('pod-2', FIRST.head)
    const byPod = async () => new Map((await writer.readers()).map(({ pod, down }) => [pod, down]))
    expect(await byPod()).toEqual(
      new Map([
        ['pod-1', ['sip:10.0.0.1', 'team/pbx:5060']],
        ['pod-2', undefined],
      ]),
    )
    await reader.report('pod-1', FIRST.head)
    expect((await byPod()).get('pod-1')).toBeUndefined()
  })
}
