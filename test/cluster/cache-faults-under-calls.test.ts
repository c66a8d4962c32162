import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import { eventually, type OperatorProcess } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { type SteadyCaller, startSteadyCaller } from '../support/steady-caller.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const TEST_LIMIT_MS = 600_000

const STEADY = '+15550000100'
const AFTER = '+15550000101'

/** Milliseconds between two looks at the version of the table that the pod runs. */
const LOOK_MS = 100

/** Names of the keys under the prefix of the installation. */
const [HEAD, ENTRIES, LOG] = ['{test}:head', '{test}:entries', '{test}:log']

const rejecting = (status: number): object => ({ type: 'Reject', reject: { status, reason: 'As Told' } })

interface CacheFault {
  readonly name: string
  readonly make: (cluster: Cluster) => Promise<unknown>
  readonly heal: (cluster: Cluster) => Promise<unknown>
}

/** Nothing can be published while they last. */
const UNWRITABLE: readonly CacheFault[] = [
  {
    name: 'is full',
    make: ({ redis }) => redis.command('CONFIG', 'SET', 'maxmemory', '1'),
    heal: ({ redis }) => redis.command('CONFIG', 'SET', 'maxmemory', '0'),
  },
  {
    name: 'is read-only',
    make: ({ redis }) => redis.command('REPLICAOF', '127.0.0.1', '1'),
    heal: ({ redis }) => redis.command('REPLICAOF', 'NO', 'ONE'),
  },
  {
    name: 'is frozen with its connections open',
    make: async ({ redis }) => redis.pause(),
    heal: async ({ redis }) => redis.resume(),
  },
]

/** What the operator has to put right by itself. */
const DAMAGED: readonly Omit<CacheFault, 'heal'>[] = [
  { name: 'has garbage for its head', make: ({ redis }) => redis.command('SET', HEAD, '{"epoch":') },
  {
    name: 'has garbage for an entry',
    make: ({ redis, namespace }) => redis.command('HSET', ENTRIES, `rule/${namespace}/steady`, '{"kind":"rule"}'),
  },
  {
    name: 'has lost an entry',
    make: ({ redis, namespace }) => redis.command('HDEL', ENTRIES, `rule/${namespace}/steady`),
  },
  {
    name: 'has garbage in its log',
    make: ({ redis }) => redis.command('XADD', LOG, '1000000-0', 'delta', '\u0001'),
  },
  { name: 'has lost its log', make: ({ redis }) => redis.command('DEL', LOG) },
]

describeWith(['kubernetes', 'redis'], 'with calls running the whole time, a cache that', () => {
  let cluster: Cluster
  let operator: OperatorProcess
  let caller: SteadyCaller
  let watch: VersionWatch

  beforeEach(async () => {
    cluster = await startCluster()
    operator = await cluster.operator()
    await cluster.apply(sipTrunk('carrier', { sources: ['127.0.0.1'] }), dispatchRule('steady', STEADY, rejecting(486)))
    await cluster.reason('drule/steady', 'Programmed', 'Programmed')
    caller = await startSteadyCaller(STEADY, cluster.ingress.udp, [cluster.ingress])
    watch = watchVersion(cluster)
  }, TEST_LIMIT_MS)

  afterEach(async () => {
    await watch.end()
    caller.close()
    await cluster.stop()
  }, TEST_LIMIT_MS)

  /** Every call has had the answer of its rule, and the pod has never gone back to an older table. */
  async function nothingIsLost(): Promise<void> {
    expect(await caller.end()).toEqual({ lost: [], statuses: [486] })
    const versions = await watch.end()
    expect(versions).toEqual(versions.toSorted((a, b) => a - b))
    expect(versions.length).toBeGreaterThan(1)
  }

  /** A rule that comes now is in the pod once its status says so. */
  async function takesTheNextChange(): Promise<void> {
    await cluster.reason('drule/after', 'Programmed', 'Programmed')
    expect(await cluster.call(AFTER)).toBe(404)
  }

  it.each(UNWRITABLE)(
    '$name holds a change back, the status says so, and it arrives once that is over',
    async ({ make, heal }) => {
      await make(cluster)
      await cluster.apply(dispatchRule('after', AFTER, rejecting(404)))
      const told = await cluster.reason('drule/after', 'Programmed', 'PublishFailed')
      expect(told.status).toBe('False')
      expect((await cluster.condition('drule/steady', 'Programmed'))?.status).toBe('True')
      expect(await cluster.call(AFTER)).toBe(503)
      await heal(cluster)
      await takesTheNextChange()
      await nothingIsLost()
    },
    TEST_LIMIT_MS,
  )

  it.each(DAMAGED)(
    '$name is put right',
    async ({ make }) => {
      await make(cluster)
      await cluster.apply(dispatchRule('after', AFTER, rejecting(404)))
      await takesTheNextChange()
      const late = await cluster.pod()
      const ready = async () => ((await late.readiness())[0] === 200 ? true : undefined)
      await eventually(ready, () => JSON.stringify(late.log.slice(-3)))
      expect(await cluster.call(STEADY, late.udp)).toBe(486)
      await nothingIsLost()
    },
    TEST_LIMIT_MS,
  )

  it(
    'is replaced by an older copy gets the newest table again',
    async () => {
      const copies = [HEAD, ENTRIES, LOG]
      for (const key of copies) await cluster.redis.command('COPY', key, `${key}-copy`)
      await cluster.apply(dispatchRule('after', AFTER, rejecting(404)))
      await takesTheNextChange()
      const newest = await cluster.ingress.count('sip_dispatch_route_table_version', {})
      for (const key of copies) await cluster.redis.command('COPY', `${key}-copy`, key, 'REPLACE')
      await operator.said(({ msg, version }) => msg === 'table published' && Number(version) > newest)
      const late = await cluster.pod()
      await late.counted('sip_dispatch_route_table_version', {}, newest + 1)
      expect([await cluster.call(AFTER, late.udp), await cluster.call(AFTER)]).toEqual([404, 404])
      await nothingIsLost()
    },
    TEST_LIMIT_MS,
  )

  it(
    'can be reached by nobody, over connections that stay open, is waited for by both sides',
    async () => {
      const proxy = await startTcpProxy(cluster.redis.port)
      try {
        await operator.stop()
        const cache = `redis://127.0.0.1:${proxy.port}`
        await cluster.operator({ cache })
        const behind = await cluster.pod({ cache })
        expect(await throughTheProxy(proxy, behind.udp)).toEqual({ cutOff: 486, resumed: 404 })
      } finally {
        await proxy.close()
      }
      await nothingIsLost()
    },
    TEST_LIMIT_MS,
  )

  /** What calls get while the way to the cache is stalled, and after it goes on. */
  async function throughTheProxy(proxy: TcpProxy, port: number): Promise<{ cutOff: number; resumed: number }> {
    await cluster.apply(dispatchRule('before', '+15550000102', rejecting(404)))
    await cluster.reason('drule/before', 'Programmed', 'Programmed')
    proxy.stall()
    await cluster.apply(dispatchRule('after', AFTER, rejecting(404)))
    await cluster.reason('drule/after', 'Programmed', 'PublishFailed')
    const cutOff = await cluster.call(STEADY, port)
    proxy.resume()
    await takesTheNextChange()
    return { cutOff, resumed: await cluster.call(AFTER, port) }
  }
})

interface VersionWatch {
  /** The versions that the pod has run, as they were seen. */
  end(): Promise<readonly number[]>
}

function watchVersion({ ingress }: Cluster): VersionWatch {
  const end = new AbortController()
  const versions: number[] = []
  const watching = (async () => {
    while (!end.signal.aborted) {
      versions.push(await ingress.count('sip_dispatch_route_table_version', {}))
      await pause(LOOK_MS)
    }
  })()
  return {
    end: async () => {
      end.abort()
      await watching
      return versions
    },
  }
}
