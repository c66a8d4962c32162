import { describe, expect, it } from '@jest/globals'
import { createLeaderElection } from '../../../../operator/kubernetes-writes/leader-election.ts'
import { type FakeOperatorClock, fakeOperatorClock } from '../../../support/fake-operator-clock.ts'
import { MemoryLease } from '../../../support/memory-lease.ts'
import { pass, settled } from '../../../support/passing-time.ts'

/** A candidate whose process can be stopped: its clock goes on, its timers do not. */
function candidate(lease: MemoryLease, clock: FakeOperatorClock, identity: string) {
  const told: string[] = []
  const link = lease.link()
  let skipped = 0
  const election = createLeaderElection({
    api: link,
    identity,
    clock: { ...clock, now: () => clock.now() + skipped },
    random: () => 0.5,
  })
  election.start({
    onLeading: (epoch) => told.push(`leads in ${epoch}`),
    onLost: () => told.push(`lost after ${link.requests.length} requests`),
    onFault: (code, message) => told.push(`${code}: ${message}`),
  })
  const sleep = (ms: number) => {
    skipped += ms
  }
  return { election, link, told, sleep }
}

function setting() {
  const lease = new MemoryLease()
  const clock = fakeOperatorClock()
  return { lease, clock, join: (identity: string) => candidate(lease, clock, identity) }
}

describe('the election of a leader', () => {
  it('makes the first candidate the leader, with the epoch of the Lease', async () => {
    const { lease, join } = setting()
    const { election, told } = join('one')
    await settled()
    expect(told).toEqual(['leads in 1'])
    expect(election.epoch()).toBe(1)
    expect(lease.stored?.record).toMatchObject({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      leaseTransitions: 1,
      renewTime: '2026-01-01T00:00:00.000000Z',
    })
  })

  it('keeps the leader, its epoch and the time of its election as long as it renews', async () => {
    const { lease, clock, join } = setting()
    const one = join('one')
    await settled()
    const two = join('two')
    await pass(clock, 120_000)
    expect([one.told, two.told]).toEqual([['leads in 1'], []])
    expect(two.election.isLeader()).toBe(false)
    expect(two.election.holder()).toBe('one')
    expect(lease.stored?.record.acquireTime).toBe('2026-01-01T00:00:00.000000Z')
    expect(lease.stored?.record.renewTime).not.toBe('2026-01-01T00:00:00.000000Z')
  })

  it('lets a standby take over in less than two seconds when the leader stops', async () => {
    const { clock, join } = setting()
    const one = join('one')
    await settled()
    const two = join('two')
    await pass(clock, 5_000)
    await one.election.stop()
    expect(one.election.isLeader()).toBe(false)
    await pass(clock, 1_900)
    expect(two.told).toEqual(['leads in 2'])
    expect(one.told).toEqual(['leads in 1'])
  })

  it('lets a standby take over a Lease that is not renewed, but not before its duration is over', async () => {
    const { clock, join } = setting()
    const one = join('one')
    await settled()
    const two = join('two')
    await pass(clock, 5_000)
    one.link.mode = 'cut'
    await pass(clock, 12_900)
    expect(two.told).toEqual([])
    await pass(clock, 5_000)
    expect(two.told).toEqual(['leads in 2'])
  })

  it('has the old leader stop before the new one begins', async () => {
    const { clock, join } = setting()
    const one = join('one')
    await settled()
    const two = join('two')
    one.link.mode = 'cut'
    const both: boolean[] = []
    for (let i = 0; i < 400; i++) {
      await pass(clock, 50)
      both.push(one.election.isLeader() && two.election.isLeader())
    }
    expect(both).not.toContain(true)
    expect(two.election.isLeader()).toBe(true)
  })

  it('waits for the whole duration from its own first look, whatever times the Lease names', async () => {
    const { lease, clock, join } = setting()
    lease.write({
      holderIdentity: 'gone',
      leaseDurationSeconds: 15,
      acquireTime: '2001-01-01T00:00:00.000000Z',
      renewTime: '2001-01-01T00:00:00.000000Z',
      leaseTransitions: 7,
    })
    const { told } = join('one')
    await pass(clock, 14_900)
    expect(told).toEqual([])
    await pass(clock, 1_500)
    expect(told).toEqual(['leads in 8'])
  })

  it('tells of the loss at the deadline, before the request in progress is let go', async () => {
    const { clock, join } = setting()
    const { link, told, election } = join('one')
    await settled()
    link.mode = 'blocked'
    await pass(clock, 9_900)
    expect(election.isLeader()).toBe(true)
    await pass(clock, 100)
    expect(election.isLeader()).toBe(false)
    expect(told.filter((line) => line.startsWith('lost'))).toHaveLength(1)
  })

  it('knows at once that it does not lead when its process was stopped beyond the deadline, without any timer', async () => {
    const { join } = setting()
    const { election, told, sleep } = join('one')
    await settled()
    sleep(10_000)
    expect(election.isLeader()).toBe(false)
    expect(election.epoch()).toBeUndefined()
    expect(told).toEqual(['leads in 1', 'lost after 2 requests'])
  })

  it('is not made leader again by the late answer to an old renewal', async () => {
    const { clock, join } = setting()
    const { election, link, told, sleep } = join('one')
    await settled()
    link.mode = 'late'
    await pass(clock, 2_500)
    sleep(10_000)
    link.answerLate()
    await settled()
    expect(told).toEqual(['leads in 1', 'lost after 3 requests'])
    expect(election.isLeader()).toBe(false)
  })

  it('takes its own Lease again after a loss, in a new epoch', async () => {
    const { clock, join } = setting()
    const { link, told } = join('one')
    await settled()
    link.mode = 'cut'
    await pass(clock, 10_500)
    link.mode = 'open'
    await pass(clock, 2_000)
    expect(told.filter((line) => !line.startsWith('lease-failed'))).toEqual([
      'leads in 1',
      expect.stringMatching(/^lost/),
      'leads in 2',
    ])
  })

  it('never gives two tenures one epoch, whoever has them', async () => {
    const { clock, join } = setting()
    const epochs: (number | undefined)[] = []
    for (const identity of ['one', 'two', 'two', 'one']) {
      const { election } = join(identity)
      await pass(clock, 2_000)
      epochs.push(election.epoch())
      await election.stop()
    }
    expect(epochs).toEqual([1, 2, 3, 4])
  })

  it('stops leading when another holds the Lease', async () => {
    const { lease, clock, join } = setting()
    const { told, election } = join('one')
    await settled()
    if (lease.stored) lease.write({ ...lease.stored.record, holderIdentity: 'usurper' })
    await pass(clock, 3_000)
    expect(told).toEqual(['leads in 1', expect.stringMatching(/^lost/)])
    expect(election.holder()).toBe('usurper')
  })

  it('goes on when somebody has written the Lease but left its holder', async () => {
    const { lease, clock, join } = setting()
    const { told } = join('one')
    await settled()
    if (lease.stored) lease.write({ ...lease.stored.record })
    await pass(clock, 20_000)
    expect(told).toEqual(['leads in 1'])
  })

  it.each([
    ['an update makes it', true, ['leads in 1']],
    ['an update fails', false, ['leads in 1', 'leads in 2']],
  ])('goes on leading when its Lease is deleted, where %s', async (_, createsOnUpdate, expected) => {
    const { lease, clock, join } = setting()
    lease.createsOnUpdate = createsOnUpdate
    const { told, election } = join('one')
    await settled()
    lease.stored = undefined
    await pass(clock, 20_000)
    expect(told).toEqual(expected)
    expect(election.isLeader()).toBe(true)
    expect(lease.stored).toMatchObject({ record: { holderIdentity: 'one', leaseTransitions: expected.length } })
  })

  it('takes a deleted Lease in an epoch above all that it has seen', async () => {
    const { lease, clock, join } = setting()
    const one = join('one')
    await settled()
    one.election.raiseEpoch(6)
    const two = join('two')
    await settled()
    lease.stored = undefined
    await pass(clock, 1_500)
    expect(two.told).toEqual(['leads in 8'])
    await pass(clock, 1_500)
    expect(one.told).toEqual(['leads in 1', 'leads in 7', expect.stringMatching(/^lost/)])
  })

  it('raises its epoch above that of what was published before', async () => {
    const { lease, join } = setting()
    const { told, election } = join('one')
    await settled()
    election.raiseEpoch(40)
    await settled()
    expect(told).toEqual(['leads in 1', 'leads in 41'])
    expect(election.epoch()).toBe(41)
    expect(lease.stored?.record.leaseTransitions).toBe(41)
  })

  it('has one leader of many candidates that start at once, and no fault', async () => {
    const { clock, join } = setting()
    const candidates = ['one', 'two', 'three', 'four'].map(join)
    await pass(clock, 5_000)
    expect(candidates.filter(({ election }) => election.isLeader())).toHaveLength(1)
    const [one] = candidates
    await one?.election.stop()
    await pass(clock, 2_000)
    expect(candidates.filter(({ election }) => election.isLeader())).toHaveLength(1)
    expect(candidates.flatMap(({ told }) => told).filter((line) => line.startsWith('lease-failed'))).toEqual([])
  })

  it('gives back a Lease that a request in progress brings while it stops', async () => {
    const { lease, join } = setting()
    const { election, link, told } = join('one')
    link.mode = 'late'
    await settled()
    link.answerLate()
    await settled()
    const stopped = election.stop()
    link.mode = 'open'
    link.answerLate()
    await stopped
    expect(told).toEqual([])
    expect(lease.stored?.record.holderIdentity).toBe('')
  })

  it('says that the Lease could not be given back, and leaves no timer', async () => {
    const { clock, join } = setting()
    const { election, link, told } = join('one')
    await settled()
    link.mode = 'cut'
    await election.stop()
    expect(told.at(-1)).toMatch(/^lease-failed: the Lease could not be given back/)
    expect(clock.pending()).toBe(0)
  })
})
