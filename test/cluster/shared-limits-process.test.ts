/** Limits in real pods: two processes of `sip-dispatch ingress` on one real cache. */
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { until } from '../support/cache-parts.ts'
import { routeAction, ruleEntry, trunkEntry } from '../support/engine-harness.ts'
import { type IngressProcess, startIngress } from '../support/ingress-process.ts'
import { callNumber } from '../support/one-call.ts'
import { describeWith } from '../support/real-part.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { methodOf, responseText } from '../support/sip-text.ts'
import { openTablePublisher, type TablePublisher } from '../support/table-publisher.ts'
import { openDatagramPeer } from '../support/wire-socket.ts'

const PREFIX = 'limits-of-pods'
const REJECTED = '+15550000404'
const ROUTED = '+15550000200'
const TEST_LIMIT_MS = 300_000

describeWith(['redis'], 'limits of pods that run from the shared cache', () => {
  let redis: RedisServer
  let operator: TablePublisher
  let pods: IngressProcess[]

  beforeEach(async () => {
    redis = await startRedisServer()
    operator = openTablePublisher(redis.url, PREFIX)
    pods = await Promise.all(['one', 'two'].map((pod) => startIngress({ cache: redis.url, prefix: PREFIX, pod })))
  }, TEST_LIMIT_MS)

  afterEach(async () => {
    await Promise.all(pods.map((pod) => pod.stop()))
    operator.close()
    await redis.stop()
  }, TEST_LIMIT_MS)

  it(
    'are shared through the cache, refuse with 503 and a count, and let go of a call whose time is over',
    async () => {
      const backend = await openDatagramPeer('127.0.0.1')
      const backends = [
        { uri: 'sip:backend', address: '127.0.0.1', port: backend.port, uriParameters: '', weight: 1, tier: 0 },
      ]
      await operator.publish([
        trunkEntry({ sources: ['127.0.0.1/32'] }),
        ruleEntry({
          name: 'default/rejecting',
          called: [{ type: 'exact', value: REJECTED }],
          action: { type: 'Reject', status: 404, reason: 'Not Found' },
          limits: { rate: { callsPerSecond: 1, burst: 1 }, scope: 'Installation' },
        }),
        ruleEntry({
          name: 'default/routing',
          called: [{ type: 'exact', value: ROUTED }],
          action: routeAction({ backends }),
          limits: { concurrent: { calls: 1, maxCallSeconds: 1 }, scope: 'Pod' },
        }),
      ])
      await Promise.all(pods.map((pod) => pod.said(({ msg }) => msg === 'serving')))
      const port = pods[0]?.udp ?? 0
      const statuses = await Promise.all(Array.from({ length: 4 }, () => callNumber(REJECTED, port)))
      expect(statuses.filter((status) => status === 503).length).toBeGreaterThanOrEqual(1)
      expect(new Set(statuses)).toEqual(new Set([404, 503]))
      const refused = { trunk: 'default/carrier', reason: 'rule_calls_per_second' }
      expect(await pods[0]?.count('sip_dispatch_over_limit_total', refused)).toBeGreaterThanOrEqual(1)
      await until(async () => Number(await redis.command('HLEN', `{${PREFIX}}:uses`)) === 2)
      /** Calls the number; the backend answers, and nobody hangs up. */
      const answeredCall = async (): Promise<number> => {
        const before = backend.received.length
        const status = callNumber(ROUTED, port)
        const invite = await backend.answer(
          (text) => methodOf(text) === 'INVITE' && backend.received.indexOf(text) >= before,
        )
        await backend.send(responseText(invite, 200), port)
        return status
      }
      expect(await answeredCall()).toBe(200)
      expect(await callNumber(ROUTED, port)).toBe(503)
      const counted = { rule: 'default/routing', limit: 'concurrent_calls' }
      await until(async () => (await pods[0]?.count('sip_dispatch_rule_limit_used_ratio', counted)) === 0)
      expect(await answeredCall()).toBe(200)
      backend.close()
    },
    TEST_LIMIT_MS,
  )
})
