/** What kubectl shows of trunks and rules that an operator has looked at. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import { describeWith } from '../support/real-part.ts'

const TEST_LIMIT_MS = 600_000

const REJECT = { type: 'Reject', reject: { status: 404 } }

/** The cells of a table that kubectl has printed, by line; columns are two spaces or more apart. */
function cells(table: string): string[][] {
  return table
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.trim().split(/ {2,}/))
}

/** An age is another one each second. */
const AGE = expect.stringMatching(/^\d+m?\d*s$/)

describeWith(['kubernetes', 'redis'], 'kubectl', () => {
  let cluster: Cluster

  beforeAll(async () => {
    cluster = await startCluster()
    await cluster.operator()
    const bound = dispatchRule('bound', '+15550000701', REJECT)
    await cluster.apply(
      sipTrunk('carrier', { sources: ['127.0.0.1', '192.0.2.0/24'] }),
      { ...bound, spec: { ...Reflect.get(bound, 'spec'), priority: 10, trunkRefs: [{ name: 'carrier' }] } },
      dispatchRule('first', '+15550000702', REJECT),
    )
    await cluster.reason('drule/first', 'Ready', 'Ready')
    await cluster.reason('drule/bound', 'Ready', 'Ready')
    await cluster.apply(dispatchRule('second', '+15550000702', REJECT))
    await cluster.reason('drule/second', 'Accepted', 'Conflicted')
    await cluster.reason('drule/second', 'Programmed', 'NotAccepted')
  }, TEST_LIMIT_MS)

  afterAll(() => cluster.stop(), TEST_LIMIT_MS)

  it('get shows where each rule stands: trunk, action, priority, whether it works, and if not, why', async () => {
    expect(cells(await cluster.kubectl('get', 'drule'))).toEqual([
      ['NAME', 'TRUNK', 'ACTION', 'PRIORITY', 'READY', 'REASON', 'AGE'],
      ['bound', 'carrier', 'Reject', '10', 'True', 'Ready', AGE],
      // No trunk is every trunk, no priority is 0.
      ['first', 'Reject', 'True', 'Ready', AGE],
      ['second', 'Reject', 'False', 'Conflicted', AGE],
    ])
  })

  it('get -o wide shows how far a rule has come, whose pods that is about, and what to do', async () => {
    const [head = [], , , second = []] = cells(await cluster.kubectl('get', 'drule', '--output=wide'))
    expect(head.slice(-4)).toEqual(['ACCEPTED', 'PROGRAMMED', 'INSTALLATION', 'MESSAGE'])
    expect(second.slice(-4, -1)).toEqual(['False', 'False', `${cluster.namespace}/sip-dispatch-operator`])
    expect(second.at(-1)).toBe((await cluster.condition('drule/second', 'Accepted'))?.message)
    expect(second.at(-1)).toContain(`${cluster.namespace}/first`)
  })

  it('get shows whether a trunk works, and -o wide its sources', async () => {
    expect(cells(await cluster.kubectl('get', 'trunk'))).toEqual([
      ['NAME', 'READY', 'REASON', 'AGE'],
      ['carrier', 'True', 'Ready', AGE],
    ])
    expect(cells(await cluster.kubectl('get', 'trunk', '--output=wide'))).toEqual([
      ['NAME', 'READY', 'REASON', 'AGE', 'SOURCES', 'ACCEPTED', 'PROGRAMMED', 'INSTALLATION', 'MESSAGE'],
      [
        ...['carrier', 'True', 'Ready', AGE, '["127.0.0.1","192.0.2.0/24"]'],
        ...['True', 'True', `${cluster.namespace}/sip-dispatch-operator`],
        'the trunk is in the table: it admits calls to every number over UDP and TCP; the ingress pods run it',
      ],
    ])
  })

  it('get shows both kinds together under the category', async () => {
    const names = await cluster.kubectl('get', 'sip', '--output=name')
    expect(names.trim().split('\n').toSorted()).toEqual([
      'dispatchrule.sipdispatch.dev/bound',
      'dispatchrule.sipdispatch.dev/first',
      'dispatchrule.sipdispatch.dev/second',
      'siptrunk.sipdispatch.dev/carrier',
    ])
  })

  it('describe shows the conditions, and an Event that names the winner of a conflict and says what to do', async () => {
    await cluster.kubectl('wait', '--for=create', 'events.events.k8s.io', '--field-selector=reason=Conflicted')
    const text = await cluster.kubectl('describe', 'drule/second')
    for (const type of ['Ready', 'Accepted', 'ResolvedRefs', 'Programmed', 'Conflicted']) {
      expect(text).toMatch(new RegExp(`^ +Type: +${type}$`, 'm'))
    }
    expect(text).toMatch(
      new RegExp(`Warning +Conflicted .*${cluster.namespace}/first matches .*: change one of the two`),
    )
  })
})
