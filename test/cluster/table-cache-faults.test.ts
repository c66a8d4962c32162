import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals'
import type { TableCacheReader } from '../../ingress/replica/table-cache.ts'
import type { TableCacheWriter } from '../../operator/publish/table-cache-writer.ts'
import {
  type FollowingPod,
  openOperator,
  type PublishingOperator,
  redisReader,
  redisWriter,
  startPod,
  until,
} from '../support/cache-parts.ts'
import { describeWith } from '../support/real-part.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { ruleEntry } from '../support/table-entries.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const A = ruleEntry('a')
const B = ruleEntry('b')
const C = ruleEntry('c')

const HEAD = '{rules}:head'
const ENTRIES = '{rules}:entries'
const LOG = '{rules}:log'

describeWith(['redis'], 'a shared cache that fails', () => {
  let server: RedisServer
  let proxy: TcpProxy
  let pod: FollowingPod
  let operator: PublishingOperator
  const closing: (() => unknown)[] = []

  const startsPod = async (cache: TableCacheReader, name: string): Promise<FollowingPod> => {
    const started = await startPod(cache, { pod: name })
    closing.push(() => started.close())
    return started
  }
  const opensOperator = (cache: TableCacheWriter, epoch: number, installation?: string): PublishingOperator => {
    const opened = openOperator(cache, installation === undefined ? { epoch } : { epoch, installation })
    closing.push(() => opened.close())
    return opened
  }

  beforeAll(async () => {
    server = await startRedisServer()
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    await server.command('FLUSHALL')
    proxy = await startTcpProxy(server.port)
    closing.push(() => proxy.close())
    pod = await startsPod(redisReader(`redis://127.0.0.1:${proxy.port}`), 'pod')
    operator = opensOperator(redisWriter(server.url), 1)
    await operator.publishes([A, B])
    await pod.runs('a', 'b')
  })
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
    expect(pod.versions).toEqual([...pod.versions].sort((a, b) => a - b))
  })

  it('is restarted: pods go on and take the next change', async () => {
    await server.kill()
    await pod.reported('cache-unreachable')
    expect(await operator.publisher.publish([A])).toMatchObject({ type: 'refused', code: 'cache-unreachable' })
    expect(pod.table.entries).toBe(2)
    await server.restart()
    await operator.publishes([A, B, C])
    await pod.runs('a', 'b', 'c')
  })

  it('is emptied: pods go on, and the operator writes the table again under a later version', async () => {
    const { version } = pod.table
    await server.command('FLUSHALL')
    await pod.reported('cache-empty')
    expect(pod.table.entries).toBe(2)
    await operator.mends()
    await until(() => pod.table.version > version)
    await pod.runs('a', 'b')
  })

  it('is emptied and its operator replaced: the new one counts on from what pods say that they run', async () => {
    const { version } = pod.table
    await server.command('FLUSHALL')
    await until(async () => (await operator.publisher.readers()).length === 1)
    await opensOperator(redisWriter(server.url), 1).publishes([A])
    await pod.runs('a')
    expect(pod.table.version).toBe(version + 1)
  })

  it('is replaced by an older copy: no pod goes back, and the operator writes the table again', async () => {
    const [head, fields] = [await server.command('GET', HEAD), await server.command('HGETALL', ENTRIES)]
    await operator.publishes([A, C])
    await pod.runs('a', 'c')
    await server.command('FLUSHALL')
    await server.command('HSET', ENTRIES, ...fields.split('\n'))
    await server.command('SET', HEAD, head)
    await pod.reported('cache-older')
    expect([...pod.table.rules()].map(({ name }) => name).sort()).toEqual(['team/a', 'team/c'])
    await operator.mends()
    await operator.publishes([C])
    await pod.runs('c')
  })

  it('is read-only: the operator says so and publishes once it is not', async () => {
    const primary = await startRedisServer()
    closing.push(() => primary.stop())
    const replica = await startRedisServer({ replicaOf: primary })
    closing.push(() => replica.stop())
    const other = opensOperator(redisWriter(replica.url), 1)
    expect(await other.publisher.publish([A])).toMatchObject({ type: 'refused', code: 'cache-read-only' })
    await replica.command('REPLICAOF', 'NO', 'ONE')
    await other.publishes([A])
    await (await startsPod(redisReader(replica.url), 'other')).runs('a')
  })

  it('is full: the operator says so and publishes once there is room', async () => {
    await server.command('CONFIG', 'SET', 'maxmemory', '1')
    expect(await operator.publisher.publish([C])).toMatchObject({ type: 'refused', code: 'cache-full' })
    expect(pod.table.entries).toBe(2)
    await server.command('CONFIG', 'SET', 'maxmemory', '0')
    await operator.publishes([C])
    await pod.runs('c')
  })

  it.each([
    ['head', ['SET', HEAD, 'garbage'], 'cache-content'],
    ['head, its fields missing', ['SET', HEAD, '{"protocol":"1"}'], 'cache-content'],
    ['entries', ['HSET', ENTRIES, 'rule/team/a', '{"kind":"rule"}'], undefined],
    ['log', ['XADD', LOG, '*', 'head', 'garbage'], 'cache-content'],
    ['reader', ['SET', '{rules}:reader:pod', 'garbage'], undefined],
  ] as const)('holds garbage in its %s: pods go on, and the operator mends it', async (_part, damage, told) => {
    await server.command(...damage)
    if (told !== undefined) await pod.reported(told)
    expect(pod.table.entries).toBe(2)
    await operator.mends('entries')
    await operator.publishes([A, B, C])
    await pod.runs('a', 'b', 'c')
    const fresh = await startsPod(redisReader(server.url), 'fresh')
    await fresh.runs('a', 'b', 'c')
  })

  it.each([HEAD, ENTRIES, LOG])(
    "has another program's list as %s: nothing is written until it is gone",
    async (key) => {
      await server.command('DEL', key)
      await server.command('RPUSH', key, 'garbage')
      expect(await operator.publisher.publish([C])).toMatchObject({ type: 'refused', code: 'cache-foreign' })
      expect(await server.command('TYPE', key)).toBe('list')
      expect(pod.table.entries).toBe(2)
      await server.command('DEL', key)
      await operator.publishes([C])
      await pod.runs('c')
    },
  )

  it('speaks another version of the protocol: pods go on, and the operator leaves it alone', async () => {
    const head = await server.command('GET', HEAD)
    const newer = head.replace('"protocol":"1"', '"protocol":"2"')
    await server.command('SET', HEAD, newer)
    await pod.reported('cache-protocol')
    expect(await operator.publisher.publish([C])).toMatchObject({ type: 'refused', code: 'cache-protocol' })
    expect(await server.command('GET', HEAD)).toBe(newer)
    await server.command('SET', HEAD, head)
    await operator.publishes([C])
    await pod.runs('c')
  })

  it('is shared by two installations: the second is refused and changes nothing', async () => {
    const second = opensOperator(redisWriter(server.url), 9, 'installation-b')
    expect(await second.publisher.publish([C])).toMatchObject({ type: 'refused', code: 'cache-foreign' })
    await operator.publishes([A])
    await pod.runs('a')
  })

  it('refuses a deposed writer, also one that has not noticed', async () => {
    const next = opensOperator(redisWriter(server.url), 2)
    await next.publishes([A, B])
    expect(await operator.publisher.publish([C])).toEqual({ type: 'fenced', epoch: 2 })
    expect(await operator.publisher.verify('entries')).toEqual({ type: 'fenced', epoch: 2 })
    await next.publishes([A, B, C])
    await pod.runs('a', 'b', 'c')
  })

  it('falls silent with the connection open: pods notice and connect anew', async () => {
    proxy.stall()
    await operator.publishes([C])
    await pod.reported('cache-unreachable')
    expect(pod.table.entries).toBe(2)
    proxy.resume()
    await pod.runs('c')
  })

  it('resets connections: pods connect anew', async () => {
    proxy.cut()
    await operator.publishes([C])
    await pod.runs('c')
    expect(pod.table.entries).toBe(1)
  })
})
