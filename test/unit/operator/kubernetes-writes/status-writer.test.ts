import { describe, expect, it } from '@jest/globals'
import type { Condition } from '../../../../crds/schema/conditions.ts'
import { ApiError, type ApiErrorCode } from '../../../../operator/api/api-error.ts'
import {
  type CurrentStatus,
  createStatusWriter,
  type StatusTarget,
} from '../../../../operator/kubernetes-writes/status-writer.ts'
import { fakeOperatorClock } from '../../../support/fake-operator-clock.ts'
import { pass, settled } from '../../../support/passing-time.ts'

const ACCEPTED: Condition<'Accepted'> = {
  type: 'Accepted',
  status: 'True',
  reason: 'Accepted',
  message: 'In the table.',
}
const PENDING: Condition<'Programmed'> = { type: 'Programmed', status: 'False', reason: 'Pending', message: 'Waiting.' }
const PROGRAMMED: Condition<'Programmed'> = {
  type: 'Programmed',
  status: 'True',
  reason: 'Programmed',
  message: 'Running.',
}

const OWN = { name: 'voice/operator', since: '2026-01-01T00:00:00Z' }

function ruleOf(name: string, generation = 1): StatusTarget {
  return { kind: 'DispatchRule', namespace: 'team-a', name, uid: `uid of ${name}`, generation }
}

function refusal(status: number, code: ApiErrorCode, retryAfterMilliseconds?: number): ApiError {
  return new ApiError({ code, status, message: `answered ${status}`, retryAfterMilliseconds })
}

/** A writer before an API server that the test can have refuse, and a watch that follows only when the test says so. */
function setting() {
  const clock = fakeOperatorClock()
  const objects = new Map<string, CurrentStatus>()
  const seen = new Map<string, CurrentStatus>()
  const writes: { at: number; name: string; reasons: string[] }[] = []
  const versions: string[] = []
  const told: string[] = []
  const refusals: (ApiError | Error)[] = []
  const state = { leads: true }
  let version = 8
  const writer = createStatusWriter({
    api: {
      writeStatus: async ({ target, conditions = [], installation, resourceVersion }) => {
        versions.push(resourceVersion)
        const reasons = conditions.map(({ reason }) => reason)
        writes.push({ at: clock.now(), name: target.name, reasons })
        const refused = refusals.shift()
        if (refused) throw refused
        version++
        objects.set(target.name, { uid: target.uid, resourceVersion: String(version), conditions, installation })
        return { resourceVersion: String(version) }
      },
    },
    current: ({ name }) => seen.get(name),
    installation: () => (state.leads ? OWN : undefined),
    onOverwritten: ({ name }, count) => told.push(`${name} overwritten ${count}`),
    onOverlap: ({ name }, other, speaks) => told.push(`${name} overlap ${other.name} ${speaks}`),
    clock,
    hooks: { onAdd: () => undefined, onStart: () => undefined, onDone: () => undefined, onRetry: () => undefined },
    onWrite: (result) => told.push(result),
    onFault: (code, message) => told.push(`${code}: ${message}`),
  })
  const create = (target: StatusTarget) => {
    seen.set(target.name, { uid: target.uid, resourceVersion: '1', conditions: [] })
    return target
  }
  const watch = () => {
    for (const [name, object] of objects) seen.set(name, object)
  }
  return { clock, writer, writes, versions, told, refusals, state, create, watch, seen, objects }
}

describe('the writer of statuses', () => {
  it('writes the first conditions of a rule, and what follows them, at once', async () => {
    const { writer, writes, create } = setting()
    const rule = create(ruleOf('a'))
    writer.set(rule, [ACCEPTED, PENDING])
    await settled()
    writer.set(rule, [ACCEPTED, PROGRAMMED])
    await settled()
    expect(writes).toEqual([
      { at: 0, name: 'a', reasons: ['Accepted', 'Pending'] },
      { at: 0, name: 'a', reasons: ['Accepted', 'Programmed'] },
    ])
  })

  it('does not repeat a write that the watch has not brought yet', async () => {
    const { writer, writes, create, watch } = setting()
    const rule = create(ruleOf('a'))
    writer.set(rule, [ACCEPTED])
    await settled()
    writer.set(rule, [ACCEPTED])
    await settled()
    watch()
    writer.set(rule, [ACCEPTED])
    await settled()
    expect(writes).toHaveLength(1)
  })

  it('puts right what somebody else has written over a status', async () => {
    const { writer, writes, create, watch, seen } = setting()
    const rule = create(ruleOf('a'))
    writer.set(rule, [ACCEPTED])
    await settled()
    watch()
    seen.set('a', { uid: rule.uid, resourceVersion: '10', conditions: [] })
    writer.set(rule, [ACCEPTED])
    await settled()
    expect(writes).toHaveLength(2)
  })

  it('puts right what the watch shows to be overwritten or removed, without being told anew what is wanted', async () => {
    const { clock, writer, writes, told, create, watch, seen, objects } = setting()
    const rule = create(ruleOf('a'))
    writer.set(rule, [ACCEPTED])
    await settled()
    watch()
    seen.set('a', { uid: rule.uid, resourceVersion: '10', conditions: [] })
    writer.look(rule)
    await settled()
    expect(writes).toHaveLength(2)
    expect(told).toContain('a overwritten 1')
    watch()
    await pass(clock, 5_000)
    seen.set('a', { uid: rule.uid, resourceVersion: '100', conditions: [] })
    objects.clear()
    await pass(clock, 1_000)
    expect(writes).toHaveLength(3)
    writer.stop()
  })

  it('writes less and less often what somebody overwrites at once each time', async () => {
    const { clock, writer, writes, told, create, seen, objects } = setting()
    const rule = create(ruleOf('a'))
    writer.set(rule, [ACCEPTED])
    for (let second = 0; second < 600; second++) {
      const written = objects.get('a')
      if (written) seen.set('a', { uid: rule.uid, resourceVersion: `${written.resourceVersion}0`, conditions: [] })
      objects.delete('a')
      await pass(clock, 1_000)
    }
    expect(writes.length).toBeGreaterThan(5)
    expect(writes.length).toBeLessThan(15)
    expect(told).toContain('a overwritten 5')
    writer.stop()
  })

  it('writes an object that changes all the time once a second, with what is wanted then', async () => {
    const { clock, writer, writes, create } = setting()
    create(ruleOf('a'))
    for (let generation = 1; generation <= 50; generation++) {
      writer.set(ruleOf('a', generation), [ACCEPTED])
      await pass(clock, 100)
    }
    await pass(clock, 2_000)
    // Three at once, then one for each of the five seconds, and what was left.
    expect(writes.length).toBeGreaterThan(5)
    expect(writes.length).toBeLessThan(10)
    const last = { ...ruleOf('a', 50) }
    writer.set(last, [ACCEPTED])
    await pass(clock, 2_000)
    expect(writes.length).toBeLessThan(10)
  })

  it('gives a thousand new rules their status within its budget, and lets a fresh change overtake them', async () => {
    const { clock, writer, writes, create } = setting()
    for (let i = 0; i < 1_000; i++) writer.set(create(ruleOf(`rule-${i}`)), [ACCEPTED, PROGRAMMED], 'initial')
    await settled()
    expect(writes).toHaveLength(100)
    await pass(clock, 1_000, 10)
    expect(writes).toHaveLength(150)
    writer.set(create(ruleOf('fresh')), [ACCEPTED])
    await pass(clock, 200, 10)
    expect(writes.map(({ name }) => name)).toContain('fresh')
    await pass(clock, 17_000, 10)
    expect(new Set(writes.map(({ name }) => name)).size).toBe(1_001)
  })

  it('writes once what changed twice while it waited for its turn', async () => {
    const { clock, writer, writes, create } = setting()
    for (let i = 0; i < 150; i++) writer.set(create(ruleOf(`rule-${i}`)), [ACCEPTED, PENDING])
    await settled()
    for (let i = 0; i < 150; i++) writer.set(ruleOf(`rule-${i}`), [ACCEPTED, PROGRAMMED])
    await pass(clock, 20_000, 10)
    expect(writes.filter(({ name }) => name === 'rule-149').map(({ reasons }) => reasons)).toEqual([
      ['Accepted', 'Programmed'],
    ])
  })

  it('tries again after a failure, with what is wanted by then', async () => {
    const { clock, writer, writes, told, refusals, create } = setting()
    refusals.push(refusal(500, 'api_unavailable'), refusal(0, 'api_unreachable'))
    writer.set(create(ruleOf('a')), [ACCEPTED])
    await pass(clock, 100, 5)
    expect(writes).toHaveLength(3)
    expect(told).toEqual([
      'failed',
      'status-write-failed: DispatchRule team-a/a: answered 500; it is tried again',
      'failed',
      'status-write-failed: DispatchRule team-a/a: answered 0; it is tried again',
      'written',
    ])
  })

  it('writes only over the version that it has compared with: what the watch has brought, or its own last write', async () => {
    const { writer, versions, create } = setting()
    const rule = create(ruleOf('a'))
    writer.set(rule, [ACCEPTED, PENDING])
    await settled()
    writer.set(rule, [ACCEPTED, PROGRAMMED])
    await settled()
    expect(versions).toEqual(['1', '9'])
  })

  it('tries again without a word when the object has just changed, over what the watch has brought by then', async () => {
    const { clock, writer, versions, told, refusals, create, seen } = setting()
    refusals.push(refusal(409, 'api_conflict'))
    const rule = create(ruleOf('a'))
    writer.set(rule, [ACCEPTED])
    await settled()
    seen.set('a', { uid: rule.uid, resourceVersion: '2', conditions: [] })
    await pass(clock, 200)
    expect(versions).toEqual(['1', '2'])
    expect(told).toEqual(['written'])
  })

  it('does not write over an object that was made anew while it waited', async () => {
    const { clock, writer, versions, refusals, create, seen } = setting()
    refusals.push(refusal(409, 'api_conflict'))
    writer.set(create(ruleOf('a')), [ACCEPTED])
    await settled()
    seen.set('a', { uid: 'another', resourceVersion: '2', conditions: [] })
    await pass(clock, 10_000)
    expect(versions).toEqual(['1'])
  })

  it('waits as long as the API server asks', async () => {
    const { clock, writer, writes, refusals, create } = setting()
    refusals.push(refusal(429, 'api_throttled', 7_000))
    writer.set(create(ruleOf('a')), [ACCEPTED])
    await pass(clock, 10_000)
    expect(writes.map(({ at }) => at)).toEqual([0, 7_000])
  })

  it('says that it may not write, and tries slowly until it may', async () => {
    const { clock, writer, writes, told, refusals, create } = setting()
    refusals.push(refusal(403, 'api_forbidden'))
    writer.set(create(ruleOf('a')), [ACCEPTED])
    await pass(clock, 61_000, 1_000)
    expect(writes.map(({ at }) => at)).toEqual([0, 60_000])
    expect(told[1]).toMatch(/^status-forbidden: .*let the operator's role patch the status/)
  })

  it('repeats rarely what the API server refuses for good, and at once when something else is wanted', async () => {
    const { clock, writer, writes, told, refusals, create } = setting()
    refusals.push(refusal(422, 'api_invalid'))
    const rule = create(ruleOf('a'))
    writer.set(rule, [ACCEPTED])
    await pass(clock, 590_000, 10_000)
    expect(writes).toHaveLength(1)
    expect(told[1]).toMatch(/^status-refused: .*CRDs/)
    writer.set(rule, [ACCEPTED, PROGRAMMED])
    await pass(clock, 1_000)
    expect(writes).toHaveLength(2)
  })

  it('lets go of an object that is gone', async () => {
    const { clock, writer, writes, told, refusals, create } = setting()
    refusals.push(refusal(404, 'api_not_found'))
    writer.set(create(ruleOf('a')), [ACCEPTED])
    await pass(clock, 600_000, 10_000)
    expect(writes).toHaveLength(1)
    expect(told).toEqual([])
  })

  it('does not write about an object that was made anew under the same name', async () => {
    const { clock, writer, writes, create } = setting()
    create({ ...ruleOf('a'), uid: 'another' })
    writer.set(ruleOf('a'), [ACCEPTED])
    await pass(clock, 10_000)
    expect(writes).toEqual([])
  })

  it('writes nothing once it does not lead, not even what waits', async () => {
    const { clock, writer, writes, state, create } = setting()
    for (let i = 0; i < 200; i++) writer.set(create(ruleOf(`rule-${i}`)), [ACCEPTED])
    await settled()
    state.leads = false
    await pass(clock, 10_000)
    expect(writes).toHaveLength(100)
  })

  it('writes what is left before it closes', async () => {
    const { clock, writer, writes, create } = setting()
    for (let i = 0; i < 150; i++) writer.set(create(ruleOf(`rule-${i}`)), [ACCEPTED])
    const drained = writer.drain(25_000)
    await pass(clock, 2_000, 10)
    await drained
    expect(writes).toHaveLength(150)
    expect(writer.queue.state()).toMatchObject({ depth: 0, active: 0 })
    expect(clock.pending()).toBe(0)
  })
})
