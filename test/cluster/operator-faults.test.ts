import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { type SteadyCaller, startSteadyCaller } from '../support/steady-caller.ts'

const TEST_LIMIT_MS = 600_000

const STEADY = '+15550000100'

const rejecting = (status: number): object => ({ type: 'Reject', reject: { status, reason: 'As Told' } })

/** Numbers of their own, so that no two rules match the same calls. */
const rules = (count: number): object[] =>
  Array.from({ length: count }, (_, i) =>
    dispatchRule(`many-${i}`, `+1555100${String(i).padStart(4, '0')}`, rejecting(404)),
  )

describeWith(['kubernetes', 'redis'], 'with calls running the whole time', () => {
  let cluster: Cluster
  let operator: OperatorProcess
  let caller: SteadyCaller

  beforeEach(async () => {
    cluster = await startCluster()
    operator = await cluster.operator()
    await cluster.apply(sipTrunk('carrier', { sources: ['127.0.0.1'] }), dispatchRule('steady', STEADY, rejecting(486)))
    await cluster.reason('drule/steady', 'Programmed', 'Programmed')
    caller = await startSteadyCaller(STEADY, cluster.ingress.udp, [cluster.ingress])
  }, TEST_LIMIT_MS)

  afterEach(async () => {
    caller.close()
    await cluster.stop()
  }, TEST_LIMIT_MS)

  /** Every call has had the answer of its rule. */
  async function nothingIsLost(): Promise<void> {
    expect(await caller.end()).toEqual({ lost: [], statuses: [486] })
  }

  it(
    'a standby takes over at once from a leader that stops',
    async () => {
      const standby = await cluster.operator()
      await operator.stop()
      await standby.said(({ msg }) => msg === 'leading')
      await cluster.apply(dispatchRule('after', '+15550000101', rejecting(404)))
      await cluster.reason('drule/after', 'Programmed', 'Programmed')
      expect(await cluster.call('+15550000101')).toBe(404)
      await nothingIsLost()
    },
    TEST_LIMIT_MS,
  )

  it(
    'a standby takes over from a leader that was killed, once its Lease has run out',
    async () => {
      const standby = await cluster.operator()
      await operator.stop('SIGKILL')
      await cluster.apply(dispatchRule('after', '+15550000105', rejecting(404)))
      expect(await cluster.call('+15550000105')).toBe(503)
      await standby.said(({ msg }) => msg === 'leading')
      await cluster.reason('drule/after', 'Programmed', 'Programmed')
      expect(await cluster.call('+15550000105')).toBe(404)
      await nothingIsLost()
    },
    TEST_LIMIT_MS,
  )

  it(
    'a leader that was paused past its Lease and goes on can write nothing',
    async () => {
      const standby = await cluster.operator()
      operator.child.kill('SIGSTOP')
      await cluster.apply(dispatchRule('after', '+15550000102', rejecting(404)))
      await standby.said(({ msg }) => msg === 'leading')
      await cluster.reason('drule/after', 'Programmed', 'Programmed')
      operator.child.kill('SIGCONT')
      await operator.said(({ msg }) => msg === 'not leading any more')
      expect(await cluster.call('+15550000102')).toBe(404)
      expect(await operator.count('leader_election_master_status', {})).toBe(0)
      await nothingIsLost()
    },
    TEST_LIMIT_MS,
  )

  it(
    'a cache that was emptied is filled again, and no pod goes back',
    async () => {
      const newest = await cluster.ingress.count('sip_dispatch_route_table_version', {})
      await cluster.redis.command('FLUSHALL')
      await operator.said(({ msg, version }) => msg === 'table published' && Number(version) > newest)
      await cluster.apply(dispatchRule('after', '+15550000103', rejecting(404)))
      await cluster.reason('drule/after', 'Programmed', 'Programmed')
      expect(await cluster.call('+15550000103')).toBe(404)
      await nothingIsLost()
    },
    TEST_LIMIT_MS,
  )

  it(
    'without the cache calls go on, the status says what is wrong, and all heals when it is back',
    async () => {
      await cluster.redis.kill()
      await cluster.apply(dispatchRule('after', '+15550000104', rejecting(404)))
      await cluster.reason('drule/after', 'Programmed', 'PublishFailed')
      expect((await cluster.condition('drule/steady', 'Programmed'))?.status).toBe('True')
      expect(await cluster.call('+15550000104')).toBe(503)
      await cluster.redis.restart()
      await cluster.reason('drule/after', 'Programmed', 'Programmed')
      expect(await cluster.call('+15550000104')).toBe(404)
      await nothingIsLost()
    },
    TEST_LIMIT_MS,
  )

  it(
    'a mass deletion is held, told, and released by an annotation of the namespace',
    async () => {
      await cluster.apply(...rules(40))
      await cluster.reason('drule/many-39', 'Programmed', 'Programmed')
      await cluster.kubectl('delete', 'drule', '--all', '--wait=false')
      await operator.said(({ msg }) => msg === 'mass deletion held')
      expect(await operator.count('sip_dispatch_operator_publish_held', {})).toBe(1)
      await cluster.kubectl('wait', '--for=create', 'events.events.k8s.io', '--field-selector=reason=MassDeletionHeld')
      expect(await cluster.call('+15551000039')).toBe(404)
      await cluster.kubectl('annotate', 'namespace', cluster.namespace, 'sipdispatch.dev/allow-mass-deletion=true')
      expect(await cluster.answered('+15551000039', 503)).toBe(503)
    },
    TEST_LIMIT_MS,
  )
})
