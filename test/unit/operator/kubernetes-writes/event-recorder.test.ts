import { describe, expect, it } from '@jest/globals'
import { ApiError } from '../../../../operator/api/api-error.ts'
import {
  createEventRecorder,
  type EventObject,
  type EventSeries,
  type EventText,
  type Regarding,
} from '../../../../operator/kubernetes-writes/event-recorder.ts'
import { fakeOperatorClock } from '../../../support/fake-operator-clock.ts'
import { pass, settled } from '../../../support/passing-time.ts'

const RULE: Regarding = {
  apiVersion: 'sipdispatch.dev/v1alpha1',
  kind: 'DispatchRule',
  namespace: 'team-a',
  name: 'sales',
  uid: 'uid-1',
}
const REFUSED: EventText = { type: 'Warning', reason: 'Refused', action: 'Compile', note: 'Correct spec.match.' }

function setting() {
  const clock = fakeOperatorClock()
  const created: EventObject[] = []
  const patched: (EventSeries & { name: string })[] = []
  const results: string[] = []
  const faults: string[] = []
  const failures: Error[] = []
  const state = { hangs: false }
  let ids = 0
  const answer = async (signal: AbortSignal) => {
    const failure = failures.shift()
    if (failure) throw failure
    if (!state.hangs) return
    await new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason)
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  }
  const recorder = createEventRecorder({
    api: {
      create: async (event, signal) => {
        await answer(signal)
        created.push(event)
      },
      patchSeries: async ({ metadata }, series, signal) => {
        await answer(signal)
        patched.push({ ...series, name: metadata.name })
      },
    },
    controller: 'sipdispatch.dev/operator',
    instance: 'operator-0',
    clock,
    newId: () => {
      ids++
      return `id${ids}`
    },
    onResult: (result) => results.push(result),
    onFault: (code, message) => faults.push(`${code}: ${message}`),
  })
  return { clock, recorder, created, patched, results, faults, failures, state }
}

describe('the recorder of events', () => {
  it('writes the first event whole', async () => {
    const { recorder, created } = setting()
    recorder.record(RULE, REFUSED)
    await settled()
    expect(created).toEqual([
      {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: 'sales.id1', namespace: 'team-a' },
        eventTime: '2026-01-01T00:00:00.000000Z',
        reportingController: 'sipdispatch.dev/operator',
        reportingInstance: 'operator-0',
        regarding: RULE,
        ...REFUSED,
      },
    ])
  })

  it('tells the first repeat at once and counts the others, which it tells after six minutes', async () => {
    const { clock, recorder, created, patched } = setting()
    for (let i = 0; i < 5; i++) {
      recorder.record(RULE, REFUSED)
      await pass(clock, 1_000, 1_000)
    }
    expect(patched).toEqual([{ name: 'sales.id1', count: 2, lastObservedTime: '2026-01-01T00:00:01.000000Z' }])
    await pass(clock, 360_000, 10_000)
    expect(patched.slice(1)).toEqual([{ name: 'sales.id1', count: 5, lastObservedTime: '2026-01-01T00:00:04.000000Z' }])
    expect(created).toHaveLength(1)
  })

  it('keeps events of another object, type, reason or action apart', async () => {
    const { recorder, created } = setting()
    recorder.record(RULE, REFUSED)
    recorder.record({ ...RULE, uid: 'uid-2' }, REFUSED)
    recorder.record(RULE, { ...REFUSED, type: 'Normal' })
    recorder.record(RULE, { ...REFUSED, reason: 'Conflicted' })
    recorder.record(RULE, { ...REFUSED, action: 'Publish' })
    await settled()
    expect(created).toHaveLength(5)
  })

  it('begins a new event where the old one has expired', async () => {
    const { recorder, created, failures, results } = setting()
    recorder.record(RULE, REFUSED)
    await settled()
    failures.push(new ApiError({ code: 'api_not_found', status: 404, message: 'it is gone' }))
    recorder.record(RULE, REFUSED)
    await settled()
    expect(created.map(({ metadata }) => metadata.name)).toEqual(['sales.id1', 'sales.id2'])
    expect(results).toEqual(['created', 'counted'])
  })

  it('cuts an object that floods, and lets one more event pass every five minutes', async () => {
    const { clock, recorder, created, results } = setting()
    for (let i = 0; i < 40; i++) recorder.record(RULE, { ...REFUSED, reason: `Reason${i}` })
    await settled()
    expect(created).toHaveLength(25)
    expect(results.filter((result) => result === 'suppressed')).toHaveLength(15)
    await pass(clock, 300_000, 100_000)
    for (let i = 50; i < 60; i++) recorder.record(RULE, { ...REFUSED, reason: `Reason${i}` })
    await settled()
    expect(created).toHaveLength(26)
  })

  it('counts and tells a failure, and writes the event when it comes again', async () => {
    const { recorder, created, failures, results, faults } = setting()
    failures.push(new ApiError({ code: 'api_forbidden', status: 403, message: 'events may not be created' }))
    recorder.record(RULE, REFUSED)
    await settled()
    expect(results).toEqual(['failed'])
    expect(faults).toEqual(['event-write-failed: events may not be created'])
    recorder.record(RULE, REFUSED)
    await settled()
    expect(created).toHaveLength(1)
  })

  it('gives up a write that is not answered, and goes on with the next', async () => {
    const { clock, recorder, created, state, results } = setting()
    state.hangs = true
    recorder.record(RULE, REFUSED)
    await pass(clock, 10_000, 1_000)
    state.hangs = false
    recorder.record({ ...RULE, uid: 'uid-2' }, REFUSED)
    await settled()
    expect(created.map(({ regarding }) => regarding.uid)).toEqual(['uid-2'])
    expect(results).toEqual(['failed', 'created'])
  })

  it('drops what comes while too many writes wait', async () => {
    const { recorder, results, state } = setting()
    state.hangs = true
    for (let i = 0; i < 1_010; i++) recorder.record({ ...RULE, uid: `uid-${i}` }, REFUSED)
    expect(results.filter((result) => result === 'failed')).toHaveLength(10)
  })

  it('cuts a note and a name to what the API server takes', async () => {
    const { recorder, created } = setting()
    recorder.record({ ...RULE, name: 'n'.repeat(253) }, { ...REFUSED, note: 'x'.repeat(2_000) })
    await settled()
    expect(created[0]?.note).toHaveLength(1_024)
    expect(created[0]?.metadata.name).toHaveLength(253)
    expect(created[0]?.metadata.name).toMatch(/n\.id1$/)
  })

  it('writes the counts that are left when it closes, and takes no more', async () => {
    const { clock, recorder, created, patched } = setting()
    for (let i = 0; i < 4; i++) recorder.record(RULE, REFUSED)
    await recorder.close(5_000)
    recorder.record({ ...RULE, uid: 'uid-2' }, REFUSED)
    await settled()
    expect(patched.at(-1)?.count).toBe(4)
    expect(created).toHaveLength(1)
    expect(clock.pending()).toBe(0)
  })

  it('closes in its time although the API server does not answer', async () => {
    const { clock, recorder, state, results } = setting()
    state.hangs = true
    for (let i = 0; i < 10; i++) recorder.record({ ...RULE, uid: `uid-${i}` }, REFUSED)
    const closed = recorder.close(5_000)
    await pass(clock, 5_000, 1_000)
    await closed
    expect(results).toEqual(Array.from({ length: 10 }, () => 'failed'))
  })
})
