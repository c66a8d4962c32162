import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { systemClock } from '../../ingress/time/dated-clock.ts'
import { type ApiClient, apiClient } from '../../operator/api/api-client.ts'
import { leaseApi } from '../../operator/kubernetes-writes/kubernetes-writes.ts'
import { createLeaderElection, type LeaderElection } from '../../operator/kubernetes-writes/leader-election.ts'
import { type KubernetesApi, kubernetesApi } from '../support/kubernetes-api.ts'
import { eventually } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'

const TEST_LIMIT_MS = 600_000

describeWith(['kubernetes'], 'an election on a real Lease', () => {
  let api: KubernetesApi
  let client: ApiClient
  let namespace: string
  const elections: LeaderElection[] = []
  const told: string[] = []

  beforeAll(async () => {
    api = await kubernetesApi()
    client = apiClient({ file: api.kubeconfig })
    namespace = await api.namespace()
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    for (const election of elections) await election.stop()
    await client.close()
  }, TEST_LIMIT_MS)

  /** A candidate of one Lease; `skip` is how long its process has been stopped. */
  function join(lease: string, identity: string, skip: () => number = () => 0): LeaderElection {
    const election = createLeaderElection({
      api: leaseApi(client, { namespace, name: lease }),
      identity,
      clock: { ...systemClock, now: () => systemClock.now() + skip() },
      random: Math.random,
    })
    election.start({
      onLeading: (epoch) => told.push(`${identity} leads ${lease} in ${epoch}`),
      onLost: () => told.push(`${identity} lost ${lease}`),
      onFault: (code, message) => told.push(`${code}: ${message}`),
    })
    elections.push(election)
    return election
  }

  const says = (line: string) =>
    eventually(
      () => told.find((one) => one === line),
      () => told.join('\n'),
    )

  async function spec(lease: string): Promise<{ holderIdentity: string; leaseTransitions: number }> {
    const { stdout } = await api.kubectl(['get', 'lease', lease, '-n', namespace, '-o', 'jsonpath={.spec}'])
    return JSON.parse(stdout)
  }

  it(
    'passes from one candidate to the other when the first gives it back, in the next epoch',
    async () => {
      const one = join('handed-over', 'one')
      await says('one leads handed-over in 1')
      const two = join('handed-over', 'two')
      await one.stop()
      await says('two leads handed-over in 2')
      expect([one.isLeader(), two.isLeader()]).toEqual([false, true])
      expect(await spec('handed-over')).toMatchObject({ holderIdentity: 'two', leaseTransitions: 2 })
    },
    TEST_LIMIT_MS,
  )

  it(
    'is lost at once to a process that was stopped beyond the deadline, and had again in a new epoch',
    async () => {
      let skipped = 0
      const election = join('paused', 'sleeper', () => skipped)
      await says('sleeper leads paused in 1')
      skipped = 10_000
      expect(election.isLeader()).toBe(false)
      expect(told).toContain('sleeper lost paused')
      await says('sleeper leads paused in 2')
    },
    TEST_LIMIT_MS,
  )

  it(
    'is lost to whoever has written himself into it',
    async () => {
      const election = join('usurped', 'rightful')
      await says('rightful leads usurped in 1')
      const patch = JSON.stringify({ spec: { holderIdentity: 'usurper' } })
      await api.kubectl(['patch', 'lease', 'usurped', '-n', namespace, '--type=merge', '-p', patch])
      await says('rightful lost usurped')
      expect(election.holder()).toBe('usurper')
    },
    TEST_LIMIT_MS,
  )

  it(
    'is made anew by its holder when somebody deletes it, and its epoch can be raised',
    async () => {
      const election = join('deleted', 'holder')
      await says('holder leads deleted in 1')
      await api.kubectl(['delete', 'lease', 'deleted', '-n', namespace])
      await eventually(
        async () => ((await api.kubectl(['get', 'lease', 'deleted', '-n', namespace])).code === 0 ? true : undefined),
        () => told.join('\n'),
      )
      expect(election.isLeader()).toBe(true)
      election.raiseEpoch(9)
      await says('holder leads deleted in 10')
      expect(await spec('deleted')).toMatchObject({ holderIdentity: 'holder', leaseTransitions: 10 })
      expect(told.filter((line) => line.startsWith('lease-failed'))).toEqual([])
    },
    TEST_LIMIT_MS,
  )
})
