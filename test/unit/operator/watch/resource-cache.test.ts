import { describe, expect, it } from '@jest/globals'
import { ApiError } from '../../../../operator/api/api-error.ts'
import { createResourceCache } from '../../../../operator/watch/resource-cache.ts'
import { fakeOperatorClock } from '../../../support/fake-operator-clock.ts'
import { namedObject, scriptedApi } from '../../../support/scripted-api.ts'

const RESOURCE = { group: 'sipdispatch.dev', version: 'v1alpha1', plural: 'siptrunks' }

function setUp(namespaces: string[]) {
  const api = scriptedApi()
  const clock = fakeOperatorClock()
  const told: string[] = []
  const cache = createResourceCache({
    ...{ api, clock, namespaces, resource: RESOURCE },
    random: () => 0.5,
    read: ({ metadata }) => metadata.name,
  })
  cache.start({
    onChange: ({ key }) => told.push(key),
    onSynced: () => told.push('synced'),
    onFault: ({ code }) => told.push(code),
    onRecovery: () => told.push('recovery'),
  })
  return { api, clock, told, cache }
}

function page(name: string, namespace: string) {
  const { metadata } = namedObject(name, '5')
  return { items: [{ metadata: { ...metadata, namespace } }], resourceVersion: '10', continueToken: '' }
}

describe('a cache of one kind', () => {
  it('watches every namespace at once where none is named', () => {
    const { api } = setUp([])
    expect(api.lists.map(({ resource }) => resource)).toEqual([RESOURCE])
  })

  it('watches each named namespace by itself, and a name given twice once', () => {
    const { api } = setUp(['a', 'b', 'a'])
    expect(api.lists.map(({ resource }) => resource.namespace)).toEqual(['a', 'b'])
  })

  it('is synced when all its namespaces are, and holds what they hold', async () => {
    const { api, told, cache } = setUp(['a', 'b'])
    await api.lists[0]?.answer(page('one', 'a'))
    expect([cache.synced, cache.lastContactAt, told]).toEqual([false, undefined, ['a/one']])
    await api.lists[1]?.answer(page('two', 'b'))
    expect([cache.synced, cache.lastContactAt, told]).toEqual([true, 0, ['a/one', 'b/two', 'synced']])
    expect([cache.size, [...cache.objects()], cache.get('b/two'), cache.get('b/one')]).toEqual([
      2,
      ['one', 'two'],
      'two',
      undefined,
    ])
  })

  it('has the fault of any of its namespaces, and the restarts of all', async () => {
    const { api, cache } = setUp(['a', 'b'])
    for (const list of api.lists) await list.fail(new ApiError({ code: 'api_forbidden', message: 'no' }))
    expect(cache.fault).toMatchObject({ code: 'watch_forbidden', message: expect.stringContaining('namespace a') })
    expect([cache.restarts.refused, cache.restarts.failed, cache.events, cache.drift]).toEqual([2, 0, 0, 0])
  })

  it('was last heard of when its quietest namespace was', async () => {
    const { api, clock, cache } = setUp(['a', 'b'])
    await api.lists[0]?.answer(page('one', 'a'))
    clock.advance(1_000)
    await api.lists[1]?.answer(page('two', 'b'))
    expect(cache.lastContactAt).toBe(0)
  })

  it('stops all of them', () => {
    const { api, clock, cache } = setUp(['a', 'b'])
    cache.stop()
    expect(api.lists.map(({ options }) => options.signal.aborted)).toEqual([true, true])
    expect(clock.pending()).toBe(0)
  })
})
