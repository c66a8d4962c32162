/** Statuses that somebody else writes too: a hand, a program, a restored backup, another installation. */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { CLAIM_MS } from '../../operator/kubernetes-writes/limits.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import { eventually, type OperatorProcess } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'

const TEST_LIMIT_MS = 600_000

const REJECT = { type: 'Reject', reject: { status: 404 } }

const TIME = '2026-01-01T00:00:00Z'

const AUDITED = { type: 'Audited', status: 'True', lastTransitionTime: TIME, reason: 'Audit', message: 'Seen.' }

const SHADOWED = { type: 'Shadowed', status: 'True', lastTransitionTime: TIME, reason: 'EarlierRule', message: 'x' }

const REFUSED = { ...SHADOWED, type: 'Accepted', status: 'False', reason: 'Invalid' }

const OVERWRITES = 'sip_dispatch_operator_status_overwrites_total'

type Status = { readonly installation?: { readonly name: string }; readonly conditions?: { readonly type: string }[] }

describeWith(['kubernetes', 'redis'], 'a status that somebody else writes', () => {
  let cluster: Cluster
  let operator: OperatorProcess

  beforeAll(async () => {
    cluster = await startCluster()
    operator = await cluster.operator()
    await cluster.apply(sipTrunk('carrier', { sources: ['127.0.0.1'] }))
    const names = ['edited', 'emptied', 'restored', 'contested', 'shared']
    await cluster.apply(...names.map((name, i) => dispatchRule(name, `+1555000090${i}`, REJECT)))
    await cluster.kubectl('wait', '--for=condition=Ready', 'drule', '--all', '--timeout=120s')
  }, TEST_LIMIT_MS)

  afterAll(() => cluster.stop(), TEST_LIMIT_MS)

  async function patch(rule: string, type: 'json' | 'merge', body: unknown): Promise<void> {
    const how = ['--subresource=status', `--type=${type}`, '--field-manager=other', '--patch', JSON.stringify(body)]
    await cluster.kubectl('patch', 'drule', rule, ...how)
  }

  async function status(rule: string): Promise<Status> {
    return JSON.parse(await cluster.kubectl('get', 'drule', rule, '--output=json')).status ?? {}
  }

  async function types(rule: string): Promise<string[]> {
    return ((await status(rule)).conditions ?? []).map(({ type }) => type).toSorted()
  }

  /** Resolves when the status says again what it should, and nothing else but what is named. */
  function putRight(rule: string, ...others: readonly string[]): Promise<true> {
    const all = ['Accepted', 'Programmed', 'Ready', 'ResolvedRefs', ...others].toSorted()
    let last: string[] = []
    return eventually(
      async () => {
        last = await types(rule)
        const accepted = await cluster.condition(`drule/${rule}`, 'Accepted')
        return accepted?.status === 'True' && JSON.stringify(last) === JSON.stringify(all) ? true : undefined
      },
      () => `${rule} has ${last.join(', ')}`,
    )
  }

  it(
    'is put right where conditions were changed, and what belongs to others is kept',
    async () => {
      await patch('edited', 'merge', { status: { conditions: [REFUSED, AUDITED] } })
      await putRight('edited', 'Audited')
      expect((await status('edited')).conditions).toContainEqual(AUDITED)
      expect(await operator.count(OVERWRITES, {})).toBeGreaterThan(0)
      const edited = `${cluster.namespace}/edited`
      const said = await operator.said(({ code, name }) => code === 'status-overwritten' && name === edited)
      expect(said).toMatchObject({ by: 'other' })
    },
    TEST_LIMIT_MS,
  )

  it(
    'is put right where all of it was removed',
    async () => {
      await patch('emptied', 'json', [{ op: 'remove', path: '/status' }])
      await putRight('emptied')
      expect((await status('emptied')).installation?.name).toBe(`${cluster.namespace}/sip-dispatch-operator`)
    },
    TEST_LIMIT_MS,
  )

  it(
    'loses a condition that a restored backup has brought and that does not hold',
    async () => {
      const { conditions = [] } = await status('restored')
      await patch('restored', 'merge', { status: { conditions: [...conditions, SHADOWED] } })
      await putRight('restored')
      expect(await types('restored')).not.toContain('Shadowed')
    },
    TEST_LIMIT_MS,
  )

  it(
    'that a program overwrites all the time is not written in a loop, and an Event names the program',
    async () => {
      const before = await operator.count('sip_dispatch_operator_status_writes_total', { result: 'written' })
      let fights = 0
      const note = await eventually(
        async () => {
          await patch('contested', 'merge', { status: { conditions: [REFUSED] } })
          fights++
          const text = await cluster.kubectl('describe', 'drule', 'contested')
          return text.split('\n').find((line) => / +Warning +StatusOverwritten /.test(line))
        },
        () => `no Event after ${fights} overwritings`,
      )
      expect(note).toContain('other has overwritten the status of this object')
      for (let i = 0; i < 100; i++) await patch('contested', 'merge', { status: { conditions: [REFUSED] } })
      const after = await operator.count('sip_dispatch_operator_status_writes_total', { result: 'written' })
      expect(after - before).toBeLessThan(20)
      await putRight('contested')
    },
    TEST_LIMIT_MS,
  )

  it(
    'that a second installation wants to write stays with the first, and both are named; the second takes over when the first is gone',
    async () => {
      const first = `${cluster.namespace}/sip-dispatch-operator`
      // A Lease is dated in seconds.
      await pause(1_100)
      const flags = ['--lease-name', 'second']
      const second = await cluster.operator({ flags, prefix: 'second' })
      const told = await second.said(({ code }) => code === 'installation-overlap')
      expect(told).toMatchObject({ own: `${cluster.namespace}/second`, other: first, speaker: first })
      expect(told.msg).toContain('let one of them watch other namespaces (--namespace)')
      expect(await operator.said(({ code }) => code === 'installation-overlap')).toMatchObject({ speaker: first })
      expect(await second.count('sip_dispatch_operator_installation_overlap', {})).toBe(1)
      await eventually(
        async () => {
          const events = await cluster.kubectl('get', 'events.events.k8s.io', '--output=json')
          return JSON.parse(events).items.find(({ reason }: { reason: string }) => reason === 'InstallationOverlap')
        },
        () => 'no Event tells of the overlap',
      )
      await cluster.apply(dispatchRule('shared', '+15550000909', REJECT))
      await cluster.kubectl('wait', '--for=condition=Ready', 'drule/shared', '--timeout=120s')
      expect((await status('shared')).installation?.name).toBe(first)
      await second.stop()
      await operator.stop()
      const heir = await cluster.operator({ flags, prefix: 'second' })
      const name = await eventually(
        async () => {
          const { installation } = await status('shared')
          return installation?.name === first ? undefined : installation?.name
        },
        () => `the first still speaks ${CLAIM_MS} ms after it has gone: ${JSON.stringify(heir.log.slice(-3))}`,
      )
      expect(name).toBe(`${cluster.namespace}/second`)
      await cluster.reason('drule/shared', 'Ready', 'NoReaders')
      // A change of its leader is no other installation.
      const next = await cluster.operator({ flags, prefix: 'second' })
      await heir.stop()
      await next.said(({ msg }) => msg === 'leading')
      await cluster.apply(dispatchRule('shared', '+15550000910', REJECT))
      await eventually(
        async () => ((await cluster.condition('drule/shared', 'Ready'))?.observedGeneration === 3 ? true : undefined),
        () => 'the next leader says nothing',
      )
      const overlaps = [heir, next].flatMap(({ log }) => log.filter(({ code }) => code === 'installation-overlap'))
      expect(overlaps).toEqual([])
      await next.stop()
      // The older one comes back, and writes over what the younger one has left.
      operator = await cluster.operator()
      const back = async () => ((await status('shared')).installation?.name === first ? true : undefined)
      expect(await eventually(back, () => 'the first does not speak again')).toBe(true)
      await cluster.kubectl('wait', '--for=condition=Ready', 'drule', '--all', '--timeout=120s')
    },
    TEST_LIMIT_MS,
  )
})
