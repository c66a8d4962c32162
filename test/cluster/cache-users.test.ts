/** The users of the cache that docs/security.md shows: what they may do is enough, and no command of it is too much. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { type Cluster, startCluster } from '../support/cluster.ts'
import type { IngressProcess } from '../support/ingress-process.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'

const TEST_LIMIT_MS = 600_000

const PAGE = readFileSync(fileURLToPath(new URL('../../docs/security.md', import.meta.url)), 'utf8')

/** The line of a user, for the prefix and the password of this test. */
function userLine(name: string): string {
  const [line = ''] = new RegExp(`^user ${name} .*$`, 'm').exec(PAGE) ?? []
  return line.replaceAll('{telephony.phone-sip-dispatch}', '{test}').replace(/>[A-Z-]+/, `>${name}-secret`)
}

describeWith(['kubernetes', 'redis'], 'the users of the cache in docs/security.md', () => {
  let cluster: Cluster
  let redis: RedisServer
  let folder: string
  let operator: OperatorProcess
  let pod: IngressProcess

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-users-'))
    for (const name of ['operator', 'ingress']) writeFileSync(join(folder, name), `${name}-secret`)
    ;[cluster, redis] = await Promise.all([
      startCluster(),
      startRedisServer({ password: 'default-secret', users: [userLine('operator'), userLine('ingress')] }),
    ])
    operator = await cluster.operator(as('operator'))
    pod = await cluster.pod(as('ingress'))
    await cluster.apply(
      sipTrunk('carrier', { sources: ['127.0.0.1'] }),
      dispatchRule('busy', '+15550000486', { type: 'Reject', reject: { status: 486 } }),
    )
    await cluster.reason('drule/busy', 'Programmed', 'Programmed')
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await cluster.stop()
    await redis.stop()
    rmSync(folder, { recursive: true })
  }, TEST_LIMIT_MS)

  const as = (user: 'operator' | 'ingress') => ({
    cache: `redis://${user}@127.0.0.1:${redis.port}`,
    flags: ['--cache-password-file', join(folder, user)],
  })

  it(
    'publish, read and report a table',
    async () => {
      expect(await cluster.call('+15550000486', pod.udp)).toBe(486)
      const faults = [...operator.log, ...pod.log].filter(({ code }) => String(code).startsWith('cache-'))
      expect(faults).toEqual([])
    },
    TEST_LIMIT_MS,
  )

  it('keep the pods from writing what another pod reads', async () => {
    const write = ['--user', 'ingress', '--pass', 'ingress-secret', 'set', '{test}:head', 'forged']
    await expect(redis.command(...write)).rejects.toThrow(/NOPERM/)
  })

  it.each(['client|setname', 'get', 'hscan', 'xread'])(
    'need %s, and a pod without it says what to allow',
    async (command) => {
      const user = command.replaceAll(/\W/g, '')
      await redis.command(
        '--user',
        'default',
        '--pass',
        'default-secret',
        'acl',
        'setuser',
        user,
        ...aclWithout(command),
      )
      const other = await cluster.pod({ ...as('ingress'), cache: `redis://${user}@127.0.0.1:${redis.port}` })
      const fault = await other.said(({ code }) => code === 'cache-permission')
      expect(String(fault['reason'])).toMatch(/allow the user CLIENT SETNAME, the keys .* GET HSCAN XREAD SET SADD/)
    },
    TEST_LIMIT_MS,
  )

  /** The rules of the pods' user without one command. */
  function aclWithout(command: string): string[] {
    const [, , ...rules] = userLine('ingress').split(' ')
    expect(rules).toContain(`+${command}`)
    return rules.filter((rule) => rule !== `+${command}`)
  }
})
