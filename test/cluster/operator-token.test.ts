/** An operator whose ServiceAccount token stops being accepted while it works: calls go on, and a new token heals it. */
import { copyFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { type SteadyCaller, startSteadyCaller } from '../support/steady-caller.ts'

const TEST_LIMIT_MS = 600_000

const RIGHTS = fileURLToPath(new URL('../../operator/rbac.yaml', import.meta.url))

const STEADY = '+15550000700'

const rejecting = (status: number): object => ({ type: 'Reject', reject: { status } })

describeWith(['kubernetes', 'redis'], 'an operator whose token is revoked', () => {
  let cluster: Cluster
  let operator: OperatorProcess
  let caller: SteadyCaller
  let kubeconfig: string

  beforeEach(async () => {
    cluster = await startCluster()
    const { namespace } = cluster
    await cluster.kubectl('apply', '--filename', RIGHTS)
    const grant = ['--role=sip-dispatch-operator', `--serviceaccount=${namespace}:operator`]
    await cluster.kubectl('create', 'rolebinding', 'operator', ...grant)
    const everywhere = ['--clusterrole=sip-dispatch-operator', `--serviceaccount=${namespace}:operator`]
    await cluster.kubectl('create', 'clusterrolebinding', `token-${namespace}`, ...everywhere)
    kubeconfig = await accessFile()
    operator = await cluster.operator({ kubeconfig })
    await cluster.apply(sipTrunk('carrier', { sources: ['127.0.0.1'] }), dispatchRule('steady', STEADY, rejecting(486)))
    await cluster.reason('drule/steady', 'Programmed', 'Programmed')
    caller = await startSteadyCaller(STEADY, cluster.ingress.udp)
  }, TEST_LIMIT_MS)

  afterEach(async () => {
    caller.close()
    await cluster.kubectl('delete', 'clusterrolebinding', `token-${cluster.namespace}`)
    await cluster.stop()
  }, TEST_LIMIT_MS)

  /** A kubeconfig with a new token; the ServiceAccount is made where it is missing. */
  async function accessFile(): Promise<string> {
    const { api, namespace } = cluster
    return api.kubeconfigWith({ token: await api.serviceAccountToken({ namespace, name: 'operator' }) })
  }

  it(
    'says so, loses no call, and goes on by itself with the token that takes its place in the file',
    async () => {
      await cluster.kubectl('delete', 'serviceaccount', 'operator')
      const { problem } = await operator.said(({ code }) => code === 'lease-failed')
      expect(problem).toMatch(/401|Unauthorized/)
      copyFileSync(await accessFile(), kubeconfig)
      await cluster.apply(dispatchRule('after', '+15550000701', rejecting(404)))
      expect(await cluster.answered('+15550000701', 404)).toBe(404)
      await cluster.reason('drule/after', 'Programmed', 'Programmed')
      expect(await caller.end()).toEqual({ lost: 0, statuses: [486] })
    },
    TEST_LIMIT_MS,
  )
})
