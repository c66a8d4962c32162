import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { openOperator, redisReader, redisWriter, startPod, until } from '../support/cache-parts.ts'
import { describeWith } from '../support/real-part.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { ruleEntry } from '../support/table-entries.ts'

/** Milliseconds: two servers have to find each other, and a third has to be sure that one is gone. */
const SENTINEL_LIMIT_MS = 60_000

const A = ruleEntry('a')
const POD_RIGHTS = '%R~{rules}:* ~{rules}:reader* +get +hscan +xread +set +sadd +ping +client|setname +hello'
const OPERATOR_RIGHTS = '~{rules}:* +@read +@write +@scripting +ping +client|setname +hello'

describeWith(['redis'], 'access to the shared cache', () => {
  const closing: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  describe('by user and password', () => {
    let server: RedisServer
    let url: (user: string) => string
    const passwordFile = (name: string, password: string): string => {
      const file = join(server.folder, name)
      writeFileSync(file, `${password}\n`)
      return file
    }
    beforeAll(async () => {
      const users = [`user pod on >pod-secret ${POD_RIGHTS}`, `user operator on >operator-secret ${OPERATOR_RIGHTS}`]
      server = await startRedisServer({ password: 'default-secret', users: [...users, 'user nobody on >secret'] })
      url = (user: string) => `redis://${user}@127.0.0.1:${server.port}`
    })
    afterAll(() => server.stop())

    it('needs no more rights than the pods and the operator each have', async () => {
      const operator = openOperator(
        redisWriter(url('operator'), { passwordFile: passwordFile('o', 'operator-secret') }),
      )
      closing.push(() => operator.close())
      expect(await operator.publisher.publish([A])).toMatchObject({ type: 'published' })
      const pod = await startPod(redisReader(url('pod'), { passwordFile: passwordFile('p', 'pod-secret') }))
      closing.push(() => pod.close())
      await pod.runs('a')
      await until(async () => (await operator.publisher.readers()).length === 1)
      expect(await operator.publisher.verify('entries')).toMatchObject({ type: 'unchanged' })
      expect(pod.faults).toEqual([])
    })

    it('tells a wrong password, and takes the right one as soon as the file has it', async () => {
      const pod = await startPod(redisReader(url('pod'), { passwordFile: passwordFile('late', 'wrong') }))
      closing.push(() => pod.close())
      await pod.reported('cache-credentials')
      passwordFile('late', 'pod-secret')
      await until(() => pod.table.loaded || pod.faults.some((fault) => fault.startsWith('cache-empty')))
      expect(pod.faults[0]).toMatch(/^cache-credentials: .*WRONGPASS/)
    })

    it('tells a missing password, and a file that is not there', async () => {
      const cache = redisWriter(`redis://127.0.0.1:${server.port}`)
      closing.push(() => cache.close())
      await expect(cache.head()).rejects.toMatchObject({ code: 'cache-credentials' })
      const other = redisWriter(url('operator'), { passwordFile: join(server.folder, 'missing') })
      closing.push(() => other.close())
      await expect(other.head()).rejects.toMatchObject({ code: 'cache-credentials', message: /cannot be read/ })
    })

    it('tells a user without the rights, on both sides', async () => {
      const file = passwordFile('n', 'secret')
      const pod = await startPod(redisReader(url('nobody'), { passwordFile: file }))
      closing.push(() => pod.close())
      await pod.reported('cache-permission')
      const operator = openOperator(redisWriter(url('nobody'), { passwordFile: file }))
      closing.push(() => operator.close())
      expect(await operator.publisher.publish([A])).toMatchObject({ type: 'refused', code: 'cache-permission' })
    })

    it('lets no pod write the table', async () => {
      const cache = redisWriter(url('pod'), { passwordFile: passwordFile('p', 'pod-secret') })
      const operator = openOperator(cache)
      closing.push(() => operator.close())
      expect(await operator.publisher.publish([ruleEntry('b')])).toMatchObject({ code: 'cache-permission' })
    })
  })

  it('goes through TLS with certificates on both sides, and trusts no other authority', async () => {
    const server = await startRedisServer({ tls: 'mutual' })
    closing.push(() => server.stop())
    const { tls } = server
    if (tls === undefined) throw new Error('the server has no TLS')
    const client = { certificateFile: tls.clientCertificateFile, keyFile: tls.clientKeyFile }
    const operator = openOperator(redisWriter(server.url, { caFile: tls.caFile, client }))
    closing.push(() => operator.close())
    expect(await operator.publisher.publish([A])).toMatchObject({ type: 'published' })
    const stranger = redisWriter(server.url, { client })
    closing.push(() => stranger.close())
    await expect(stranger.head()).rejects.toMatchObject({ code: 'cache-unreachable', message: /certificate/ })
  })

  it(
    'follows the sentinels to another primary when the one is gone, and loses nothing',
    async () => {
      const primary = await startRedisServer()
      const replica = await startRedisServer({ replicaOf: primary })
      const sentinel = await startRedisServer({ sentinelOf: primary })
      for (const server of [primary, replica, sentinel]) closing.push(() => server.stop())
      const url = `redis+sentinel://127.0.0.1:${sentinel.port}/primary`
      const operator = openOperator(redisWriter(url))
      closing.push(() => operator.close())
      await operator.publishes([A])
      const pod = await startPod(redisReader(url))
      closing.push(() => pod.close())
      await pod.runs('a')
      await until(async () => Number(await replica.command('HLEN', '{rules}:entries')) === 1)
      await primary.kill()
      await operator.publishes([A, ruleEntry('b')])
      await pod.runs('a', 'b')
      expect(pod.versions).toEqual(pod.versions.toSorted((a, b) => a - b))
      expect(await replica.command('HLEN', '{rules}:entries')).toBe('2')
    },
    SENTINEL_LIMIT_MS,
  )

  it('finds a cluster by one of its nodes', async () => {
    const server = await startRedisServer({ configuration: ['cluster-enabled yes'] })
    closing.push(() => server.stop())
    await server.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    await until(async () => (await server.command('CLUSTER', 'INFO')).includes('cluster_state:ok'))
    const url = `redis+cluster://127.0.0.1:${server.port}`
    const operator = openOperator(redisWriter(url))
    closing.push(() => operator.close())
    await operator.publishes([A])
    const pod = await startPod(redisReader(url))
    closing.push(() => pod.close())
    await pod.runs('a')
    await operator.publishes([A, ruleEntry('b')])
    await pod.runs('a', 'b')
    expect(pod.versions).toEqual([1, 2])
  })
})
