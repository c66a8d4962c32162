import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import { eventually, type OperatorProcess } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { type SteadyCaller, startSteadyCaller } from '../support/steady-caller.ts'

const TEST_LIMIT_MS = 600_000

const RULES = 500
const STEADY = '+15550000100'

/** Rules that are called to see what is in the pod. */
const CALLED = [0, 1, 123, 250, 498, 499]

const rejecting = (status: number): object => ({ type: 'Reject', reject: { status, reason: 'As Told' } })
const numberOf = (i: number): string => `+1555200${String(i).padStart(4, '0')}`
const rules = (status: number): object[] =>
  Array.from({ length: RULES }, (_, i) => dispatchRule(`many-${i}`, numberOf(i), rejecting(status)))

interface RuleList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly generation: number }
    readonly status?: {
      readonly conditions?: readonly {
        readonly type: string
        readonly status: string
        readonly observedGeneration: number
      }[]
    }
  }[]
}

describeWith(['kubernetes', 'redis'], 'five hundred rules, with calls running the whole time,', () => {
  let cluster: Cluster
  let operator: OperatorProcess
  let caller: SteadyCaller

  beforeAll(async () => {
    cluster = await startCluster()
    operator = await cluster.operator({ flags: ['--allow-mass-deletion'] })
    await cluster.apply(sipTrunk('carrier', { sources: ['127.0.0.1'] }), dispatchRule('steady', STEADY, rejecting(486)))
    await cluster.reason('drule/steady', 'Programmed', 'Programmed')
    caller = await startSteadyCaller(STEADY, cluster.ingress.udp, [cluster.ingress])
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    caller.close()
    await cluster.stop()
  }, TEST_LIMIT_MS)

  /** How many rules say of their newest generation that pods run it. */
  async function programmed(): Promise<number> {
    const { items }: RuleList = JSON.parse(await cluster.kubectl('get', 'drule', '--output=json'))
    return items.filter(({ metadata, status }) =>
      status?.conditions?.some(
        ({ type, status, observedGeneration }) =>
          type === 'Programmed' && status === 'True' && observedGeneration === metadata.generation,
      ),
    ).length
  }

  /** Statuses are written in a budget: it takes a while until all say it. */
  async function allProgrammed(): Promise<void> {
    for (let last = -1; ; ) {
      const before = last
      last = await eventually(
        async () => {
          const count = await programmed()
          return count > before ? count : undefined
        },
        () => `${before} of ${RULES + 1} are programmed, and no more`,
      )
      if (last === RULES + 1) return
    }
  }

  const answers = (): Promise<number[]> => Promise.all(CALLED.map((i) => cluster.call(numberOf(i))))
  const entries = (): Promise<number> => cluster.ingress.count('sip_dispatch_route_table_entries', {})

  it(
    'are applied, changed and deleted: each step is told truly and decides calls, and no call is lost',
    async () => {
      await cluster.apply(...rules(404))
      await allProgrammed()
      expect(await answers()).toEqual(CALLED.map(() => 404))
      expect(await entries()).toBe(RULES + 2)

      await cluster.apply(...rules(480))
      await allProgrammed()
      expect(await answers()).toEqual(CALLED.map(() => 480))

      const all = `/apis/sipdispatch.dev/v1alpha1/namespaces/${cluster.namespace}/dispatchrules`
      await cluster.kubectl('delete', '--raw', `${all}?fieldSelector=metadata.name!=steady`)
      await eventually(
        async () => ((await entries()) === 2 ? true : undefined),
        () => 'rules are left in the table',
      )
      expect(await answers()).toEqual(CALLED.map(() => 503))
      expect(await operator.count('sip_dispatch_operator_status_writes_total', { result: 'failed' })).toBe(0)
      expect(await caller.end()).toEqual({ lost: [], statuses: [486] })
    },
    TEST_LIMIT_MS,
  )
})
