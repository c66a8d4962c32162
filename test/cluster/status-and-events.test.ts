import { afterAll, beforeAll, expect, it } from '@jest/globals'
import type { Condition } from '../../crds/schema/conditions.ts'
import { systemClock } from '../../ingress/time/dated-clock.ts'
import { type ApiClient, apiClient } from '../../operator/api/api-client.ts'
import type { ApiObject } from '../../operator/api/api-object.ts'
import { createEventRecorder } from '../../operator/kubernetes-writes/event-recorder.ts'
import { eventApi, statusApi } from '../../operator/kubernetes-writes/kubernetes-writes.ts'
import { changedConditions, storedConditions } from '../../operator/kubernetes-writes/object-status.ts'
import type { StatusTarget } from '../../operator/kubernetes-writes/status-writer.ts'
import { type KubernetesApi, kubernetesApi } from '../support/kubernetes-api.ts'
import { dispatchRule, manifestText } from '../support/manifest-text.ts'
import { describeWith } from '../support/real-part.ts'

const TEST_LIMIT_MS = 600_000

/** All that whoever writes statuses and events needs. */
const RIGHTS = [
  { apiGroups: ['sipdispatch.dev'], resources: ['dispatchrules/status'], verbs: ['patch'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
]

const TIME = '2026-01-01T00:00:00Z'

const INSTALLATION = { name: 'voice/operator', since: TIME }

const ACCEPTED = { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'In the table.' } as const
const CONFLICTED = { type: 'Conflicted', status: 'True', reason: 'SameMatch', message: 'Another rule wins.' } as const

function inTime(): AbortSignal {
  return AbortSignal.timeout(10_000)
}

describeWith(['kubernetes'], 'statuses and events on a real API server, with the rights for them alone', () => {
  let api: KubernetesApi
  /** Of the administrator; and of the account under test. */
  let admin: ApiClient
  let client: ApiClient
  let namespace: string

  beforeAll(async () => {
    api = await kubernetesApi()
    namespace = await api.namespace()
    const token = await api.serviceAccountToken({ namespace, name: 'writer' })
    const metadata = { name: 'writer', namespace }
    await apply(
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules: RIGHTS },
      {
        ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'writer' },
        subjects: [{ kind: 'ServiceAccount', name: 'writer', namespace }],
      },
    )
    admin = apiClient({ file: api.kubeconfig })
    client = apiClient({ file: api.kubeconfigWith({ token }) })
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await Promise.all([admin.close(), client.close()])
  })

  async function apply(...objects: readonly object[]): Promise<void> {
    const { code, stderr } = await api.kubectl(['apply', '-n', namespace, '-f', '-'], { input: manifestText(objects) })
    if (code !== 0) throw new Error(stderr)
  }

  function read(name: string): Promise<ApiObject> {
    const rules = { group: 'sipdispatch.dev', version: 'v1alpha1', plural: 'dispatchrules', namespace }
    return admin.get(rules, { name })
  }

  /** A rule on the server, as something to write a status of. */
  async function created(name: string, called: string): Promise<StatusTarget> {
    await apply(dispatchRule(name, called, { type: 'Reject', reject: { status: 404 } }))
    const { uid } = (await read(name)).metadata
    return { kind: 'DispatchRule', namespace, name, uid, generation: 1 }
  }

  /** Answers what has been written; undefined where nothing had to be. */
  async function write(target: StatusTarget, conditions: readonly Condition[]) {
    const { status, metadata } = await read(target.name)
    const next = changedConditions(storedConditions(status), { generation: 1, conditions }, TIME)
    const { resourceVersion } = metadata
    const written = { target, conditions: next, installation: INSTALLATION, resourceVersion }
    if (next) await statusApi(client).writeStatus(written, inTime())
    return next
  }

  it('stores conditions, which are then not to be written again, and takes away one that is left out', async () => {
    const rule = await created('conditions', '+15550000001')
    await write(rule, [ACCEPTED, CONFLICTED])
    expect(await write(rule, [ACCEPTED, CONFLICTED])).toBeUndefined()
    await write(rule, [ACCEPTED])
    expect(storedConditions((await read('conditions'))['status'])).toEqual([
      { ...ACCEPTED, observedGeneration: 1, lastTransitionTime: TIME },
    ])
  })

  it('leaves the condition of another writer alone', async () => {
    const rule = await created('foreign', '+15550000002')
    const foreign = { type: 'Audited', status: 'True', lastTransitionTime: TIME, reason: 'Audit', message: '' }
    const patch = JSON.stringify({ status: { conditions: [foreign] } })
    const args = ['patch', 'drule', 'foreign', '-n', namespace, '--subresource=status', '--type=merge', '-p', patch]
    expect((await api.kubectl(args)).code).toBe(0)
    await write(rule, [ACCEPTED])
    const types = storedConditions((await read('foreign'))['status']).map(({ type }) => type)
    expect(types.sort()).toEqual(['Accepted', 'Audited'])
  })

  it('refuses the status of an object that is gone, and of one that was made anew', async () => {
    const target = await created('anew', '+15550000003')
    const { resourceVersion } = (await read('anew')).metadata
    const conditions = [{ ...ACCEPTED, observedGeneration: 1, lastTransitionTime: TIME }]
    const late = () =>
      statusApi(client).writeStatus({ target, conditions, installation: INSTALLATION, resourceVersion }, inTime())
    await api.kubectl(['delete', 'drule', 'anew', '-n', namespace])
    await expect(late()).rejects.toMatchObject({ status: 404 })
    await created('anew', '+15550000003')
    await expect(late()).rejects.toMatchObject({ status: 409 })
    expect((await read('anew'))['status']).toBeUndefined()
  })

  it('shows an event and the count of its repeats in kubectl describe', async () => {
    const { uid } = await created('told', '+15550000004')
    const faults: string[] = []
    const recorder = createEventRecorder({
      api: eventApi(client),
      controller: 'sipdispatch.dev/operator',
      instance: 'operator-0',
      clock: systemClock,
      newId: () => 'cafe',
      onResult: (result) => faults.push(...(result === 'failed' ? [result] : [])),
      onFault: (_, message) => faults.push(message),
    })
    const regarding = { apiVersion: 'sipdispatch.dev/v1alpha1', kind: 'DispatchRule', namespace, name: 'told', uid }
    const text = { type: 'Warning', reason: 'Refused', action: 'Compile', note: 'Correct spec.match.' } as const
    for (let i = 0; i < 3; i++) recorder.record(regarding, text)
    await recorder.close(10_000)
    expect(faults).toEqual([])
    const { stdout } = await api.kubectl(['describe', 'drule', 'told', '-n', namespace])
    expect(stdout).toMatch(/Warning +Refused +.*x3 over.* +sipdispatch\.dev\/operator +Correct spec\.match\./)
  })
})
