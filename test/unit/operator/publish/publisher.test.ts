import { beforeEach, describe, expect, it } from '@jest/globals'
import { CacheError } from '../../../../ingress/cache-connection/cache-error.ts'
import type { TableEntry } from '../../../../ingress/route-table/route-table.ts'
import { createPublisher, type Publisher } from '../../../../operator/publish/publisher.ts'
import type { TableCacheWriter } from '../../../../operator/publish/table-cache-writer.ts'
import { createMemoryTableCache, type MemoryTableCache } from '../../../support/memory-table-cache.ts'
import { ruleEntry } from '../../../support/table-entries.ts'
import { INSTALLATION, wholeTable } from '../../../support/whole-table.ts'

const A = ruleEntry('a')
const B = ruleEntry('b')

describe('the publisher', () => {
  let cache: MemoryTableCache
  let writer: TableCacheWriter
  const publisherOf = (epoch: number, changed: Partial<TableCacheWriter> = {}): Publisher =>
    createPublisher({ cache: { ...writer, ...changed }, installation: INSTALLATION, epoch })
  const expectTable = async (entries: readonly TableEntry[], epoch: number, version: number): Promise<void> => {
    const { head, entries: texts } = wholeTable(entries, { epoch, version })
    expect(await writer.snapshot()).toEqual({ head, entries: new Map(texts) })
  }

  beforeEach(() => {
    cache = createMemoryTableCache()
    writer = cache.writer()
  })

  it('publishes the first table as a whole', async () => {
    expect(await publisherOf(1).publish([A, B])).toMatchObject({ type: 'published', version: 1, changed: 2 })
    await expectTable([A, B], 1, 1)
    expect(await cache.reader().next(0, 0)).toMatchObject([{ type: 'reload' }])
  })

  it('publishes only what has changed after that', async () => {
    const publisher = publisherOf(1)
    await publisher.publish([A, B])
    const changed = { ...A, priority: 3 }
    expect(await publisher.publish([changed])).toMatchObject({ type: 'published', version: 2, changed: 2 })
    await expectTable([changed], 1, 2)
    const [record] = await cache.reader().next(1, 0)
    expect(record).toMatchObject({
      type: 'delta',
      from: 1,
      changes: [
        ['rule/team/a', expect.any(String)],
        ['rule/team/b', undefined],
      ],
    })
  })

  it('publishes nothing where nothing has changed', async () => {
    const publisher = publisherOf(1)
    await publisher.publish([A])
    expect(await publisher.publish([structuredClone(A)])).toEqual({ type: 'unchanged', version: 1 })
    expect(await publisher.verify('head')).toEqual({ type: 'unchanged', version: 1 })
    expect(await publisher.verify('entries')).toEqual({ type: 'unchanged', version: 1 })
  })

  it('goes on from what the cache holds when it starts', async () => {
    await publisherOf(1).publish([A, B])
    expect(await publisherOf(1).publish([A, B])).toEqual({ type: 'unchanged', version: 1 })
    expect(await publisherOf(1).publish([A])).toMatchObject({ version: 2, changed: 1 })
  })

  it('publishes an unchanged table under a later epoch, so that the leader before is refused', async () => {
    const before = publisherOf(1)
    await before.publish([A])
    expect(await publisherOf(2).publish([A])).toMatchObject({ type: 'published', version: 2, changed: 0 })
    expect(await before.publish([B])).toEqual({ type: 'fenced', epoch: 2 })
    await expectTable([A], 2, 2)
  })

  it('takes a version above every one that a pod runs', async () => {
    await cache.reader().report('pod', { epoch: 1, version: 41 })
    expect(await publisherOf(1).publish([A])).toMatchObject({ version: 42 })
  })

  it('publishes again above a pod that turns out to run a later version', async () => {
    const publisher = publisherOf(1)
    await publisher.publish([A])
    await cache.reader().report('pod', { epoch: 1, version: 41 })
    expect(await publisher.verify('head')).toMatchObject({ type: 'published', version: 42 })
    await expectTable([A], 1, 42)
  })

  it('asks for a later epoch where its own has no version left, and begins anew there', async () => {
    await writer.replace(wholeTable([B], { epoch: 3, version: 2 ** 48 }))
    expect(await publisherOf(3).publish([A])).toEqual({ type: 'fenced', epoch: 3 })
    const later = publisherOf(4)
    await cache.reader().report('pod', { epoch: 3, version: 2 ** 48 })
    expect(await later.publish([A])).toMatchObject({ type: 'published', version: 1 })
    await expectTable([A], 4, 1)
    expect(await later.verify('head')).toEqual({ type: 'unchanged', version: 1 })
    expect(await later.publish([A, B])).toMatchObject({ type: 'published', version: 2 })
  })

  it('goes on in a later epoch after a pod has reported the last version, though the cache is empty', async () => {
    await cache.reader().report('pod', { epoch: 1, version: 2 ** 48 })
    expect(await publisherOf(1).publish([A])).toEqual({ type: 'fenced', epoch: 1 })
    expect(await publisherOf(2).publish([A])).toMatchObject({ type: 'published', version: 1 })
  })

  it('is fenced where a pod runs the table of a later leader', async () => {
    await cache.reader().report('pod', { epoch: 5, version: 1 })
    expect(await publisherOf(4).publish([A])).toEqual({ type: 'fenced', epoch: 5 })
  })

  it('writes the last table again where somebody else has changed the cache', async () => {
    const publisher = publisherOf(1)
    await publisher.publish([A])
    await writer.replace(wholeTable([B], { epoch: 1, version: 8 }))
    expect(await publisher.verify('head')).toMatchObject({ type: 'published', version: 9 })
    await expectTable([A], 1, 9)
  })

  it('writes a table whole where entries do not have the checksum of the head', async () => {
    const { head } = wholeTable([A], { epoch: 1, version: 1 })
    await writer.replace({ head, entries: wholeTable([B], head).entries })
    expect(await publisherOf(1).publish([A])).toMatchObject({ type: 'published', version: 2 })
    await expectTable([A], 1, 2)
  })

  it('leaves the cache of another installation alone', async () => {
    const theirs = wholeTable([B], { epoch: 1, version: 1, installation: 'installation-b' })
    await writer.replace(theirs)
    const outcome = await publisherOf(7).publish([A])
    expect(outcome).toMatchObject({ type: 'refused', code: 'cache-foreign', message: /installation-b/ })
    expect(await writer.head()).toEqual(theirs.head)
  })

  it('says why nothing was published, and publishes the same table when it is asked again', async () => {
    let full = true
    const publisher = publisherOf(1, {
      replace: (table) => (full ? Promise.reject(new CacheError('cache-full', 'no room')) : writer.replace(table)),
    })
    expect(await publisher.publish([A])).toEqual({ type: 'refused', code: 'cache-full', message: 'no room' })
    full = false
    expect(await publisher.verify('head')).toMatchObject({ type: 'published', version: 1 })
  })

  it('reads the cache again where it cannot know whether a change was made', async () => {
    let lost = false
    const publisher = publisherOf(1, {
      publish: async (change) => {
        const result = await writer.publish(change)
        if (lost) throw new CacheError('cache-unreachable', 'no answer')
        return result
      },
    })
    await publisher.publish([A])
    lost = true
    expect(await publisher.publish([A, B])).toMatchObject({ type: 'refused' })
    lost = false
    expect(await publisher.publish([A, B])).toEqual({ type: 'unchanged', version: 2 })
  })

  it('gives up for the moment where the cache changes under it again and again', async () => {
    const publisher = publisherOf(1, { replace: async () => ({ type: 'conflict', head: undefined }) })
    expect(await publisher.publish([A])).toMatchObject({ type: 'refused', code: 'cache-conflict' })
  })

  it('has nothing to verify before the first table', async () => {
    expect(await publisherOf(1).verify('head')).toBeUndefined()
  })
})
