/** What an operator and an ingress pod say where the shared cache is not as it should be; what they run stays. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import { eventually } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'

const TEST_LIMIT_MS = 600_000

const HEAD = '{test}:head'

const TRUNK = sipTrunk('carrier', { sources: ['127.0.0.1'] })
const rejecting = (status: number): object => ({ type: 'Reject', reject: { status } })

/** Something with a /readyz; resolves when it gives the reason. */
function unready(
  process: { readiness(): Promise<readonly [status: number, text: string]> },
  reason: RegExp,
): Promise<true> {
  let last = ''
  const ask = async (): Promise<true | undefined> => {
    const [status, page] = await process.readiness()
    last = page
    return status === 503 && reason.test(page) ? true : undefined
  }
  return eventually(ask, () => `/readyz: ${last}, not ${reason}`)
}

describeWith(['kubernetes', 'redis'], 'a shared cache', () => {
  let cluster: Cluster
  let folder: string
  const servers: RedisServer[] = []

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-secret-'))
    cluster = await startCluster()
    await cluster.apply(TRUNK, dispatchRule('first', '+15550000601', rejecting(404)))
  }, TEST_LIMIT_MS)

  afterEach(async () => {
    await cluster.stop()
    for (const server of servers.splice(0)) await server.stop()
    rmSync(folder, { recursive: true })
  }, TEST_LIMIT_MS)

  it(
    'with another password is told by both sides, which go on once the file has the right one',
    async () => {
      const server = await startRedisServer({ password: 'right' })
      servers.push(server)
      const passwordFile = join(folder, 'password')
      writeFileSync(passwordFile, 'wrong\n')
      const access = {
        cache: `redis://127.0.0.1:${server.port}`,
        flags: ['--cache-password-file', passwordFile],
      }
      const operator = await cluster.operator(access)
      const pod = await cluster.pod(access)
      const ofPod = await pod.said(({ code }) => code === 'cache-credentials')
      expect(JSON.stringify(ofPod)).toMatch(/WRONGPASS.*check user and password file/)
      const { problem } = await operator.said(({ code }) => code === 'cache-credentials')
      expect(problem).toMatch(/WRONGPASS.*; check user and password file$/)
      await unready(operator, /table: the shared cache: .*WRONGPASS.*; check user and password file/)
      await unready(pod, /no rule table is loaded/)
      writeFileSync(passwordFile, 'right\n')
      await cluster.reason('drule/first', 'Programmed', 'Programmed')
      expect(await cluster.call('+15550000601', pod.udp)).toBe(404)
      expect((await operator.readiness())[0]).toBe(200)
    },
    TEST_LIMIT_MS,
  )

  it(
    'that is not there when they start is waited for by both sides, and told',
    async () => {
      await cluster.redis.kill()
      const operator = await cluster.operator()
      const pod = await cluster.pod()
      await pod.said(({ code }) => code === 'cache-unreachable')
      const { problem } = await operator.said(({ code }) => code === 'cache-unreachable')
      expect(problem).toMatch(/ECONNREFUSED.*; check the address, that the cache runs and that network policies let/)
      await unready(operator, /table: the shared cache: .*ECONNREFUSED/)
      await unready(pod, /no rule table is loaded/)
      expect(await cluster.call('+15550000601', pod.udp)).toBe(503)
      await cluster.redis.restart()
      await cluster.reason('drule/first', 'Programmed', 'Programmed')
      expect(await cluster.call('+15550000601', pod.udp)).toBe(404)
    },
    TEST_LIMIT_MS,
  )

  it(
    'of one installation is not written by another, which says so, and the first goes on',
    async () => {
      const first = await cluster.operator()
      await cluster.reason('drule/first', 'Programmed', 'Programmed')
      const head = await cluster.redis.command('GET', HEAD)
      const namespace = await cluster.api.namespace()
      const second = await cluster.operator({ namespace })
      const { problem } = await second.said(({ code }) => code === 'cache-foreign')
      expect(problem).toMatch(
        /belong to installation \S+\/sip-dispatch-operator; give each installation its own prefix$/,
      )
      await unready(second, /table: the keys of this prefix belong to installation/)
      expect(
        await second.count('sip_dispatch_operator_publish_failures_total', { code: 'cache-foreign' }),
      ).toBeGreaterThan(0)
      expect(await cluster.redis.command('GET', HEAD)).toBe(head)
      await cluster.apply(dispatchRule('next', '+15550000602', rejecting(486)))
      await cluster.reason('drule/next', 'Programmed', 'Programmed')
      expect([await cluster.call('+15550000601'), await cluster.call('+15550000602')]).toEqual([404, 486])
      expect((await first.readiness())[0]).toBe(200)
    },
    TEST_LIMIT_MS,
  )

  it(
    'that speaks another version of the protocol is left alone by both sides, and calls go on',
    async () => {
      const operator = await cluster.operator()
      await cluster.reason('drule/first', 'Programmed', 'Programmed')
      const head = await cluster.redis.command('GET', HEAD)
      const newer = head.replace('"protocol":"1"', '"protocol":"9"')
      expect(newer).not.toBe(head)
      await cluster.redis.command('SET', HEAD, newer)
      await cluster.ingress.said(({ code }) => code === 'cache-protocol')
      await cluster.apply(dispatchRule('next', '+15550000602', rejecting(486)))
      const { message } = await cluster.reason('drule/next', 'Programmed', 'PublishFailed')
      expect(message).toContain(
        'the ingress pods keep the last good table: check the cache and the log of the operator',
      )
      await operator.said(({ code }) => code === 'cache-protocol')
      await unready(operator, /table: .*protocol/)
      expect(await cluster.redis.command('GET', HEAD)).toBe(newer)
      expect([await cluster.call('+15550000601'), await cluster.call('+15550000602')]).toEqual([404, 503])
      expect((await cluster.ingress.readiness())[0]).toBe(200)
      await cluster.redis.command('SET', HEAD, head)
      await cluster.reason('drule/next', 'Programmed', 'Programmed')
      expect(await cluster.call('+15550000602')).toBe(486)
    },
    TEST_LIMIT_MS,
  )

  it.each([
    ['the last version of its epoch', { version: 2 ** 48 }],
    ['a version beyond the last', { version: 2 ** 48 + 1 }],
    ['the epoch of a far later leader', { epoch: 1_000_000 }],
    ['an epoch that no Lease counts', { epoch: 2 ** 48 }],
  ])(
    'whose head says %s is written again, and the next change arrives, after FLUSHALL too',
    async (_what, wrong) => {
      await cluster.operator()
      await cluster.reason('drule/first', 'Programmed', 'Programmed')
      const head: object = JSON.parse(await cluster.redis.command('GET', HEAD))
      await cluster.redis.command('SET', HEAD, JSON.stringify({ ...head, ...wrong }))
      const late = await cluster.pod()
      await cluster.apply(dispatchRule('next', '+15550000602', rejecting(486)))
      await cluster.reason('drule/next', 'Programmed', 'Programmed')
      expect(await cluster.answered('+15550000602', 486)).toBe(486)
      await cluster.redis.command('FLUSHALL')
      await cluster.apply(dispatchRule('last', '+15550000603', rejecting(480)))
      expect(await cluster.answered('+15550000603', 480)).toBe(480)
      await late.said(({ msg, entries }) => msg === 'route table changed' && Number(entries) === 4)
      expect(await cluster.call('+15550000603', late.udp)).toBe(480)
    },
    TEST_LIMIT_MS,
  )
})
