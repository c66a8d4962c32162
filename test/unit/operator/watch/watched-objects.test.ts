import { describe, expect, it } from '@jest/globals'
import { answerError } from '../../../../operator/api/api-error.ts'
import { createWatchedObjects } from '../../../../operator/watch/watched-objects.ts'
import { fakeOperatorClock } from '../../../support/fake-operator-clock.ts'
import { namedObject, scriptedApi } from '../../../support/scripted-api.ts'

function setUp() {
  const api = scriptedApi()
  const told: string[] = []
  const clock = fakeOperatorClock()
  const watched = createWatchedObjects({
    ...{ api, clock, random: () => 0.5, namespaces: [], fieldsDropped: () => false },
  })
  watched.start({
    onChange: (resource, key, what) => told.push(`${resource} ${key} ${what}`),
    onSynced: () => told.push('synced'),
    onFault: (resource) => told.push(`fault ${resource}`),
    onRecovery: (resource) => told.push(`recovery ${resource}`),
  })
  const listed = (plural: string) => api.lists.find(({ resource }) => resource.plural === plural)
  const watch = (plural: string) => api.watches.find(({ resource }) => resource.plural === plural)
  return { api, clock, told, watched, listed, watch }
}

const EMPTY = { items: [], resourceVersion: '10', continueToken: '' }

const FORBIDDEN = answerError({ status: 403, retryAfter: undefined, body: '' })

/** Longer than any back-off before the second try. */
const BACK_OFF_MS = 60_000

const rule = (version: string, generation: number) => {
  const { metadata } = namedObject('r', version)
  return {
    apiVersion: 'sipdispatch.dev/v1alpha1',
    kind: 'DispatchRule',
    metadata: { ...metadata, generation },
    spec: {},
  }
}

describe('the objects that the operator watches', () => {
  it('are trunks, rules, Services and EndpointSlices', async () => {
    const { api, watched } = setUp()
    expect(api.lists.map(({ resource }) => `${resource.group}/${resource.version}/${resource.plural}`)).toEqual([
      'sipdispatch.dev/v1alpha1/siptrunks',
      'sipdispatch.dev/v1alpha1/dispatchrules',
      '/v1/services',
      'discovery.k8s.io/v1/endpointslices',
    ])
    watched.stop()
    expect(api.lists.every(({ options }) => options.signal.aborted)).toBe(true)
  })

  it('are synced when the last of them is', async () => {
    const { api, told, watched } = setUp()
    for (const list of api.lists.toSpliced(3)) await list.answer(EMPTY)
    expect([watched.synced, told]).toEqual([false, []])
    await api.lists[3]?.answer(EMPTY)
    expect([watched.synced, told]).toEqual([true, ['synced']])
  })

  it('are enough without Services and EndpointSlices where those may not be watched, and tell when they may', async () => {
    const { told, watched, listed, api, clock } = setUp()
    await listed('services')?.fail(FORBIDDEN)
    await listed('siptrunks')?.answer(EMPTY)
    await listed('endpointslices')?.answer(EMPTY)
    expect([watched.synced, told]).toEqual([false, ['fault services']])
    await listed('dispatchrules')?.answer(EMPTY)
    expect([watched.synced, watched.servicesKnown, told]).toEqual([true, false, ['fault services', 'synced']])
    clock.advance(BACK_OFF_MS)
    await api.lists.findLast(({ resource }) => resource.plural === 'services')?.answer(EMPTY)
    expect([watched.synced, watched.servicesKnown]).toEqual([true, true])
    expect(told).toEqual(['fault services', 'synced', 'synced'])
  })

  it('tell a change of the spec from one of the status alone', async () => {
    const { told, listed, watch } = setUp()
    await listed('dispatchrules')?.answer({ ...EMPTY, items: [rule('5', 1)] })
    await watch('dispatchrules')?.open()
    await watch('dispatchrules')?.send(
      { type: 'MODIFIED', object: rule('11', 1) },
      { type: 'MODIFIED', object: rule('12', 2) },
      { type: 'DELETED', object: rule('13', 2) },
    )
    const key = 'dispatchrules team-a/r'
    expect(told).toEqual([`${key} object`, `${key} status`, `${key} object`, `${key} object`])
  })

  it('tell every change of a Service, which has no generation', async () => {
    const { told, listed, watch, watched } = setUp()
    await listed('services')?.answer({ ...EMPTY, items: [namedObject('fs', '5')] })
    await watch('services')?.open()
    await watch('services')?.send({ type: 'MODIFIED', object: namedObject('fs', '11') })
    expect(told).toEqual(['services team-a/fs object', 'services team-a/fs object'])
    expect(watched.byResource.services.size).toBe(1)
  })
})
