import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'

const TEST_LIMIT_MS = 600_000

const RIGHTS = fileURLToPath(new URL('../../operator/rbac.yaml', import.meta.url))

const ROLE = 'sip-dispatch-operator'

describeWith(['kubernetes', 'redis'], 'an operator with the rights of operator/rbac.yaml and no others', () => {
  let cluster: Cluster
  let operator: OperatorProcess
  let account: string

  beforeAll(async () => {
    cluster = await startCluster()
    const { namespace } = cluster
    const token = await cluster.api.serviceAccountToken({ namespace, name: 'operator' })
    account = `${namespace}:operator`
    await cluster.kubectl('apply', '--filename', RIGHTS)
    await cluster.kubectl('create', 'rolebinding', 'operator', `--role=${ROLE}`, `--serviceaccount=${account}`)
    const everywhere = [`--clusterrole=${ROLE}`, `--serviceaccount=${account}`]
    await cluster.kubectl('create', 'clusterrolebinding', namespace, ...everywhere)
    operator = await cluster.operator({
      kubeconfig: cluster.api.kubeconfigWith({ token }),
      flags: ['--key-secret', 'sip-dispatch-keys'],
    })
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await cluster.kubectl('delete', 'clusterrolebinding', cluster.namespace)
    await cluster.stop()
  }, TEST_LIMIT_MS)

  it('does everything that it has to', async () => {
    await cluster.apply(
      sipTrunk('carrier', { sources: ['127.0.0.1'] }),
      dispatchRule('right', '+15550000200', { type: 'Reject', reject: { status: 404 } }),
      dispatchRule('wrong', '+15550000200', { type: 'Reject', reject: { status: 404 } }),
    )
    await cluster.reason('drule/right', 'Programmed', 'Programmed')
    await cluster.kubectl('wait', '--for=create', 'events.events.k8s.io', '--field-selector=reason=Conflicted')
    expect(await cluster.call('+15550000200')).toBe(404)
    const faults = operator.log.filter(({ msg }) => msg === 'fault')
    expect(faults).toEqual([])
  })

  it('makes the Secret of the keys once, and leaves it as it is', async () => {
    await cluster.kubectl('wait', '--for=create', 'secret/sip-dispatch-keys')
    const read = (): Promise<string> => cluster.kubectl('get', 'secret/sip-dispatch-keys', '--output=jsonpath={.data}')
    const made: Record<string, string> = JSON.parse(await read())
    expect(Object.keys(made).toSorted()).toEqual(['cookie.current', 'sealing.current'])
    await operator.stop()
    const token = await cluster.api.serviceAccountToken({ namespace: cluster.namespace, name: 'operator' })
    const kubeconfig = cluster.api.kubeconfigWith({ token })
    operator = await cluster.operator({ kubeconfig, flags: ['--key-secret', 'sip-dispatch-keys'] })
    await operator.said(({ msg }) => msg === 'table published')
    expect(JSON.parse(await read())).toEqual(made)
  })

  it.each([
    ['read any other Secret', ['get', 'secrets/other']],
    ['list Secrets', ['list', 'secrets']],
    ['change the Secret of the keys', ['update', 'secrets/sip-dispatch-keys']],
    ['change a rule', ['patch', 'dispatchrules.sipdispatch.dev']],
    ['delete a rule', ['delete', 'dispatchrules.sipdispatch.dev']],
    ['change a trunk', ['update', 'siptrunks.sipdispatch.dev']],
    ['take the Lease of another', ['update', 'leases.coordination.k8s.io/other']],
    ['list Leases', ['list', 'leases.coordination.k8s.io']],
    ['change a Service', ['patch', 'services']],
    ['change a Namespace', ['patch', 'namespaces']],
    ['list Namespaces', ['list', 'namespaces']],
    ['read Pods', ['get', 'pods']],
    ['read ConfigMaps', ['get', 'configmaps']],
    ['delete Events', ['delete', 'events.events.k8s.io']],
    ['give itself rights', ['create', 'clusterrolebindings.rbac.authorization.k8s.io']],
  ])('may not %s', async (_, asked) => {
    const user = `--as=system:serviceaccount:${account}`
    const { code, stdout } = await cluster.tryKubectl(['auth', 'can-i', ...asked, user])
    expect({ code, answer: stdout.trim() }).toEqual({ code: 1, answer: 'no' })
  })
})
