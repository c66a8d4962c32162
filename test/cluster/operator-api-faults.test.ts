import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { type PrivateKubernetesApi, startKubernetesApi } from '../support/kubernetes-api.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { type SteadyCaller, startSteadyCaller } from '../support/steady-caller.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const TEST_LIMIT_MS = 600_000

const [STEADY, GOING, COMING] = ['+15550000300', '+15550000301', '+15550000302']

const rejecting = (status: number): object => ({ type: 'Reject', reject: { status, reason: 'As Told' } })

describeWith(['kubernetes', 'redis'], 'an API server that fails, with calls running the whole time', () => {
  let api: PrivateKubernetesApi
  let proxy: TcpProxy
  let cluster: Cluster
  let operator: OperatorProcess
  let caller: SteadyCaller

  beforeEach(async () => {
    api = await startKubernetesApi()
    proxy = await startTcpProxy(api.port)
    cluster = await startCluster(api)
    operator = await cluster.operator({ kubeconfig: api.kubeconfigWith({ port: proxy.port }) })
    await cluster.apply(
      sipTrunk('carrier', { sources: ['127.0.0.1'] }),
      dispatchRule('steady', STEADY, rejecting(486)),
      dispatchRule('going', GOING, rejecting(404)),
    )
    await cluster.reason('drule/going', 'Programmed', 'Programmed')
    await cluster.reason('drule/steady', 'Programmed', 'Programmed')
    caller = await startSteadyCaller(STEADY, cluster.ingress.udp, [cluster.ingress])
  }, TEST_LIMIT_MS)

  afterEach(async () => {
    caller.close()
    await cluster.stop()
    await proxy.close()
    await api.stop()
  }, TEST_LIMIT_MS)

  it(
    'is watched again after a crash, and nothing is missed',
    async () => {
      await api.apiserver.kill()
      await operator.said(({ msg }) => msg === 'fault')
      expect(await cluster.call(GOING)).toBe(404)
      await api.apiserver.restart()
      await cluster.apply(dispatchRule('coming', COMING, rejecting(403)))
      await cluster.kubectl('delete', 'drule/going')
      expect(await cluster.answered(COMING, 403)).toBe(403)
      expect(await cluster.answered(GOING, 503)).toBe(503)
      await cluster.reason('drule/coming', 'Programmed', 'Programmed')
      expect(await caller.end()).toEqual({ lost: [], statuses: [486] })
    },
    TEST_LIMIT_MS,
  )

  it(
    'that has forgotten its history is listed anew: what was deleted unseen goes, what was made comes',
    async () => {
      proxy.stall()
      await cluster.kubectl('delete', 'drule/going')
      await cluster.apply(dispatchRule('coming', COMING, rejecting(403)))
      await api.compact()
      await api.apiserver.restart()
      proxy.cut()
      proxy.resume()
      expect(await cluster.answered(COMING, 403)).toBe(403)
      expect(await cluster.answered(GOING, 503)).toBe(503)
      await cluster.reason('drule/coming', 'Programmed', 'Programmed')
      const expired = { resource: 'dispatchrules', reason: 'expired' }
      expect(await operator.count('sip_dispatch_operator_watch_restarts_total', expired)).toBeGreaterThan(0)
      expect(await caller.end()).toEqual({ lost: [], statuses: [486] })
    },
    TEST_LIMIT_MS,
  )

  it(
    'that is frozen is waited for, and the Lease is kept or taken again',
    async () => {
      api.apiserver.pause()
      expect(await cluster.call(GOING)).toBe(404)
      await operator.said(({ msg }) => msg === 'not leading any more')
      api.apiserver.resume()
      await operator.said(({ msg, epoch }) => msg === 'leading' && epoch !== 1)
      await cluster.apply(dispatchRule('coming', COMING, rejecting(403)))
      await cluster.reason('drule/coming', 'Programmed', 'Programmed')
      expect(await cluster.call(COMING)).toBe(403)
      expect(await caller.end()).toEqual({ lost: [], statuses: [486] })
    },
    TEST_LIMIT_MS,
  )
})
