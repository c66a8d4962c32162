/** Limits of the whole installation, with several pods on one real cache. Time is that of the test. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals'
import { type CallLimits, createCallLimits } from '../../ingress/limit/call-limits.ts'
import { createHungUpQueue } from '../../ingress/limit/hung-up-queue.ts'
import { SHARE_KEPT_MS, UNCHANGED_READINGS } from '../../ingress/limit/limits.ts'
import { createLimitedEntries } from '../../ingress/lookup/limited-entries.ts'
import { sharing, startLimitExchange } from '../../ingress/replica/limit-exchange.ts'
import { createRedisLimitCache } from '../../ingress/replica/redis-limit-cache.ts'
import type { CallLimit } from '../../ingress/route-table/route-table.ts'
import { cacheConnection } from '../support/cache-connection.ts'
import { until } from '../support/cache-parts.ts'
import { ruleEntry as harnessRule, trunkEntry as harnessTrunk, startHarness } from '../support/engine-harness.ts'
import { describeWith } from '../support/real-part.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { scriptDialog } from '../support/scripted-dialog.ts'
import { headerOf, requestText, responseText } from '../support/sip-text.ts'
import { routeTo, ruleEntry, trunkEntry } from '../support/table-entries.ts'

const PAGE = readFileSync(fileURLToPath(new URL('../../docs/security.md', import.meta.url)), 'utf8')

/** An item for each call that comes in this hundredth of a second, of so many calls per second. */
function dueAt(step: number, calls: number): number[] {
  const before = (hundredths: number): number => Math.floor((calls * hundredths) / 100)
  return new Array<number>(before(step + 1) - before(step)).fill(step)
}

const LIMIT = 20
const RATE: CallLimit = { rate: { callsPerSecond: LIMIT, burst: LIMIT }, scope: 'Installation' }
const CALLS: CallLimit = { concurrent: { calls: LIMIT, maxCallSeconds: 600 }, scope: 'Installation' }

describeWith(['redis'], 'limits of the whole installation', () => {
  const closing: (() => unknown)[] = []
  let server: RedisServer
  let prefix = ''
  let passwordFile = ''
  let tests = 0

  beforeAll(async () => {
    server = await startRedisServer()
    passwordFile = join(server.folder, 'any-password')
    writeFileSync(passwordFile, 'any')
  })
  beforeEach(() => {
    prefix = `limits-${++tests}`
  })
  afterEach(() => closing.splice(0).forEach((close) => void close()))
  afterAll(() => server.stop())

  const cache = () => {
    const made = createRedisLimitCache(prefix, cacheConnection(server.url))
    closing.push(() => made.close())
    return made
  }

  /** Pods of which all limits have this trunk, and a clock that they share. */
  function startPods(count: number, limits: CallLimit) {
    const time = { now: 0 }
    const trunk = trunkEntry('acme', { limits })
    const rule = ruleEntry('sales', { action: routeTo('10.0.0.1') })
    const limited = createLimitedEntries()
    limited.put(trunk)
    let invites = 0
    const pods = Array.from({ length: count }, (_, at) => {
      const own = createCallLimits({ now: () => time.now })
      own.tableChanged(limited)
      return { limits: own, report: sharing({ cache: cache(), limits: own, pod: `pod-${at}` }) }
    })
    const passes = (own: CallLimits): boolean => own.refusing(trunk, rule, () => ++invites) === undefined
    /** Offers calls to each pod, evenly over one second, and lets the pods report. Returns how many passed. */
    const second = async (calls: readonly number[]): Promise<number> => {
      let passed = 0
      for (let step = 0; step < 100; step++) {
        time.now += 10
        for (const [at, pod] of pods.entries()) {
          passed += dueAt(step, calls[at] ?? 0).filter(() => passes(pod.limits)).length
        }
      }
      for (const pod of pods) await pod.report()
      return passed
    }
    const seconds = async (count: number, calls: readonly number[]): Promise<number> => {
      let passed = 0
      for (let i = 0; i < count; i++) passed += await second(calls)
      return passed
    }
    const begin = (at: number, key: number): boolean => {
      const own = pods[at]?.limits
      return own !== undefined && passes(own) && own.begin(trunk, rule, () => key) !== undefined
    }
    return { pods, time, seconds, begin, trunk, rule }
  }

  it('let a pod that has all calls use 95 percent, and together no more than the limit and the overshoot', async () => {
    const { seconds } = startPods(3, RATE)
    await seconds(3, [60, 0, 0])
    const alone = await seconds(10, [60, 0, 0])
    expect(alone).toBeGreaterThanOrEqual(0.95 * LIMIT * 10)
    const moved = (await seconds(10, [20, 20, 20])) + (await seconds(10, [0, 0, 60])) + (await seconds(10, [30, 0, 30]))
    // docs/limits.md: three moves of the traffic, each with two reports, and one burst and a call for each pod.
    expect(alone + moved).toBeLessThanOrEqual(LIMIT * 40 + LIMIT + 3 + 3 * 2 * LIMIT)
    const settled = await seconds(10, [30, 0, 30])
    expect(settled).toBeLessThanOrEqual(LIMIT * 10 + 3)
    expect(settled).toBeGreaterThanOrEqual(0.95 * LIMIT * 10)
  })

  it('refuse nobody where the pods together have less than the limit', async () => {
    const { seconds } = startPods(3, RATE)
    await seconds(3, [12, 3, 1])
    expect(await seconds(10, [12, 3, 1])).toBe(160)
  })

  it('let calls at the same time fill the last place from one pod, and never more from several', async () => {
    const { pods, seconds, begin } = startPods(3, CALLS)
    let key = 0
    for (let i = 0; i < 10; i++) {
      while (begin(0, ++key));
      await seconds(1, [1, 0, 0])
    }
    expect(pods.map(({ limits }) => limits.countedCalls)).toEqual([LIMIT, 0, 0])
    for (let i = 0; i < 5; i++) expect([begin(1, ++key), begin(2, ++key)]).toEqual([false, false])
    for (let ended = 1; ended <= LIMIT; ended++) pods[0]?.limits.hungUpElsewhere(ended)
    expect(pods[0]?.limits.countedCalls).toBeLessThan(LIMIT)
  })

  it('keep their shares for a time while the cache is away, are equal then, and are shared again when it is back', async () => {
    const { pods, time, seconds } = startPods(2, RATE)
    await seconds(5, [60, 0])
    await server.kill()
    await expect(pods[0]?.report()).rejects.toMatchObject({ code: 'cache-unreachable' })
    const ratio = (): number => pods[0]?.limits.uses()[0]?.ratio ?? 0
    const shared = ratio()
    time.now += SHARE_KEPT_MS - 1
    pods[0]?.limits.sweep()
    expect(ratio()).toBe(shared)
    time.now += 1
    pods[0]?.limits.sweep()
    expect(ratio()).toBeGreaterThan(1.5 * shared)
    await server.restart()
    await until(async () =>
      seconds(1, [60, 0]).then(
        () => true,
        () => false,
      ),
    )
    expect(await seconds(5, [60, 0])).toBeGreaterThanOrEqual(0.9 * 5 * LIMIT)
  })

  it('give the share of a pod that is gone to the others', async () => {
    const { pods, seconds } = startPods(2, RATE)
    await seconds(5, [60, 60])
    const other = pods.pop()
    expect(other).toBeDefined()
    await seconds(UNCHANGED_READINGS + 2, [60])
    expect(await seconds(5, [60])).toBe(5 * LIMIT)
  })

  it('count a call no longer that was hung up in another pod', async () => {
    const entries = [harnessTrunk({ limits: { ...CALLS, scope: 'Pod' } }), harnessRule()]
    const faults: string[] = []
    const startOne = async (pod: string) => {
      const hungUp = createHungUpQueue()
      const harness = await startHarness({ entries, limits: { tellOthers: (key) => hungUp.add(key) } })
      const { limits } = harness
      const onFault = (code: string, message: string): void => void faults.push(`${code}: ${message}`)
      const exchange = startLimitExchange({ cache: cache(), limits, hungUp, pod, onFault })
      closing.push(() => exchange.close())
      return harness
    }
    const [first, second] = [await startOne('one'), await startOne('two')]
    // Both pods hear from now on.
    await until(async () => Number(await server.command('XLEN', `{${prefix}}:hungup`)) === 2)
    const { invite, ok, callerRoutes } = scriptDialog(first)
    expect(first.limits.countedCalls).toBe(1)
    const extra = callerRoutes.map((route) => `Route: ${route}`)
    const from = headerOf(invite, 'From')[0] ?? ''
    const to = headerOf(ok, 'To')[0] ?? ''
    second.network.deliver(
      '198.51.100.7:5060',
      requestText({ method: 'BYE', cseq: 2, uri: 'sip:agent@10.0.0.1:5080', from, to, extra }),
    )
    const [bye] = second.network.sent
    second.network.deliver(bye?.to ?? '', responseText(bye?.text ?? '', 200))
    await until(() => first.limits.countedCalls === 0)
    expect(faults).toEqual([])
  })

  it('need the rights that docs/security.md says, and each of them', async () => {
    const [line = ''] = /^~\{[^}]+\}:uses .*$/m.exec(PAGE) ?? []
    const rights = line.replaceAll('telephony.phone-sip-dispatch', prefix).split(' ')
    const commands = rights.filter((right) => right.startsWith('+'))
    expect(commands.length).toBeGreaterThan(0)
    const user = async (name: string, without = ''): Promise<() => Promise<unknown>> => {
      const given = rights.filter((right) => right !== without)
      await server.command('ACL', 'SETUSER', name, 'on', 'nopass', '-@all', '+xread', '+client|setname', ...given)
      const made = createRedisLimitCache(
        prefix,
        cacheConnection(`redis://${name}@127.0.0.1:${server.port}`, { passwordFile }),
      )
      closing.push(() => made.close())
      return async () => {
        await made.exchange('a', '{}')
        await made.forget(['a'])
        return made.hear(await made.tell([1]), 1)
      }
    }
    await expect((await user('whole'))()).resolves.toMatchObject({ keys: [] })
    for (const [at, right] of commands.entries()) {
      await expect((await user(`lacking${at}`, right))()).rejects.toThrow(right.slice(1))
    }
  })
})
