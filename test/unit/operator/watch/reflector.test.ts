import { describe, expect, it } from '@jest/globals'
import { ApiError, type ApiFailure } from '../../../../operator/api/api-error.ts'
import type { ApiObject } from '../../../../operator/api/api-object.ts'
import { createReflector } from '../../../../operator/watch/reflector.ts'
import { fakeOperatorClock } from '../../../support/fake-operator-clock.ts'
import { namedObject, scriptedApi } from '../../../support/scripted-api.ts'

const RESOURCE = { group: 'sipdispatch.dev', version: 'v1alpha1', plural: 'siptrunks' }

const MINUTE = 60_000

/** A reflector, its clock and its API server; `told` is what it has told, in order. */
function setUp() {
  const api = scriptedApi()
  const clock = fakeOperatorClock()
  const told: string[] = []
  const cache = createReflector({
    ...{ api, clock, resource: RESOURCE },
    random: () => 0.5,
    read: (object: ApiObject) => object.metadata.resourceVersion,
  })
  cache.start({
    onChange: ({ type, key, value }) => told.push(`${type} ${key} ${value}`),
    onSynced: () => told.push('synced'),
    onFault: ({ code }) => told.push(`fault ${code}`),
    onRecovery: () => told.push('recovery'),
  })
  return { api, clock, told, cache }
}

/** The same with a list of two objects answered and the watch open. */
async function watching() {
  const set = setUp()
  await set.api.lastList().answer(page([namedObject('a', '5'), namedObject('b', '7')], '10'))
  await set.api.lastWatch().open()
  set.told.length = 0
  return set
}

function page(items: ApiObject[], resourceVersion: string, continueToken = '') {
  return { items, resourceVersion, continueToken }
}

function failure(code: ApiFailure['code'], rest: Partial<ApiFailure> = {}) {
  return new ApiError({ code, message: code, ...rest })
}

describe('a reflector that lists', () => {
  it('asks for pages of 500 until there are no more, and is synced after the last one', async () => {
    const { api, told, cache } = setUp()
    expect(api.lastList().options).toMatchObject({ limit: 500, continueToken: '' })
    await api.lastList().answer(page([namedObject('a', '5')], '10', 'more'))
    expect(api.lastList().options.continueToken).toBe('more')
    expect([cache.synced, told]).toEqual([false, []])
    await api.lastList().answer(page([namedObject('b', '7')], '10'))
    expect([cache.synced, told]).toEqual([true, ['added team-a/a 5', 'added team-a/b 7', 'synced']])
  })

  it('goes on to watch from the version of the list, with a timeout of 300 to 600 seconds', async () => {
    const { api } = setUp()
    await api.lastList().answer(page([], '10'))
    expect(api.lastWatch().options).toMatchObject({ resourceVersion: '10', timeoutSeconds: 450 })
  })

  it('begins again where the token of a page has expired', async () => {
    const { api, clock, cache } = setUp()
    await api.lastList().answer(page([namedObject('a', '5')], '10', 'more'))
    await api.lastList().fail(failure('api_expired', { status: 410 }))
    clock.advance(30_000)
    await api.lastList().answer(page([namedObject('b', '7')], '11'))
    expect([...cache.objects()]).toEqual(['7'])
  })

  it.each([
    ['says who may not watch what', 'api_forbidden', 'watch_forbidden', /grant get, list and watch on siptrunks/],
    [
      'says which definition is missing',
      'api_not_found',
      'resource_not_served',
      /install the CustomResourceDefinitions/,
    ],
    ['says that nobody answers', 'api_unreachable', 'api_unreachable', /siptrunks\.sipdispatch\.dev\/v1alpha1: /],
  ] as const)('%s, once, and goes on trying', async (_, code, told, message) => {
    const set = setUp()
    for (let failed = 1; failed <= 3; failed++) {
      expect(set.api.lists).toHaveLength(failed)
      await set.api.lastList().fail(failure(code))
      set.clock.advance(30_000)
    }
    expect(set.told).toEqual([`fault ${told}`])
    expect(set.cache.fault?.message).toMatch(message)
    await set.api.lastList().answer(page([], '10'))
    await set.api.lastWatch().open()
    expect(set.told).toEqual([`fault ${told}`, 'synced', 'recovery'])
    expect(set.cache.fault).toBeUndefined()
  })

  it('waits longer after each failure, 30 seconds at most', async () => {
    const { api, clock } = setUp()
    const waits: number[] = []
    for (let failed = 0; failed < 9; failed++) {
      await api.lastList().fail(failure('api_unreachable'))
      const asked = api.lists.length
      const since = clock.now()
      while (api.lists.length === asked) clock.advance(100)
      waits.push(clock.now() - since)
    }
    expect(waits[0]).toBeGreaterThanOrEqual(800)
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
    expect(waits.at(-1)).toBe(30_000)
  })

  it('comes back no sooner than Retry-After says', async () => {
    const { api, clock } = setUp()
    await api.lastList().fail(failure('api_throttled', { status: 429, retryAfterMilliseconds: 100_000 }))
    clock.advance(99_999)
    expect(api.lists).toHaveLength(1)
    clock.advance(1)
    expect(api.lists).toHaveLength(2)
  })
})

describe('a reflector that watches', () => {
  it('keeps what the events say, and tells each change', async () => {
    const { api, told, cache } = await watching()
    await api
      .lastWatch()
      .send(
        { type: 'MODIFIED', object: namedObject('a', '11') },
        { type: 'ADDED', object: namedObject('c', '12') },
        { type: 'DELETED', object: namedObject('b', '13') },
      )
    expect(told).toEqual(['updated team-a/a 11', 'added team-a/c 12', 'deleted team-a/b 7'])
    expect([...cache.objects()].toSorted()).toEqual(['11', '12'])
    expect([cache.get('team-a/c'), cache.size, cache.events]).toEqual(['12', 2, 3])
  })

  it('goes on from the last event when the server ends the watch', async () => {
    const { api, clock, cache } = await watching()
    await api.lastWatch().send({ type: 'ADDED', object: namedObject('c', '12') })
    clock.advance(MINUTE)
    await api.lastWatch().end()
    expect(api.lastWatch().options.resourceVersion).toBe('12')
    expect([api.watches.length, api.lists.length, cache.restarts.ended]).toEqual([2, 1, 1])
  })

  it('goes on from the last bookmark too', async () => {
    const { api, clock } = await watching()
    await api.lastWatch().send({ type: 'BOOKMARK', resourceVersion: '40' })
    clock.advance(MINUTE)
    await api.lastWatch().end()
    expect(api.lastWatch().options.resourceVersion).toBe('40')
  })

  it('does not storm a server that ends every watch at once', async () => {
    const { api, clock, cache } = await watching()
    await api.lastWatch().end()
    expect(api.watches).toHaveLength(1)
    clock.advance(30_000)
    expect([api.watches.length, cache.restarts.cutShort]).toEqual([2, 1])
  })

  it('gives up a connection on which nothing comes, and goes on from the last version', async () => {
    const { api, clock, cache } = await watching()
    clock.advance(2 * MINUTE)
    expect(api.watches[0]?.options.signal.aborted).toBe(true)
    expect(api.lastWatch().options.resourceVersion).toBe('10')
    expect([api.watches.length, api.lists.length, cache.restarts.silent]).toEqual([2, 1, 1])
  })

  it('takes every byte as a sign of life', async () => {
    const { api, clock } = await watching()
    for (let minute = 0; minute < 5; minute++) {
      clock.advance(MINUTE)
      api.lastWatch().options.onContact()
    }
    expect(api.watches).toHaveLength(1)
  })

  it.each(['in the answer', 'in an event'])('lists again where its version has expired %s', async (where) => {
    const { api, clock, told, cache } = await watching()
    clock.advance(MINUTE)
    if (where === 'in the answer') await api.lastWatch().end()
    await api.lastWatch().fail(failure('api_expired', { status: 410 }))
    clock.advance(30_000)
    await api.lastList().answer(page([namedObject('a', '60'), namedObject('c', '61')], '70'))
    expect(told).toEqual(['deleted team-a/b 7', 'updated team-a/a 60', 'added team-a/c 61'])
    expect([api.lastWatch().options.resourceVersion, cache.restarts.expired]).toEqual(['70', 1])
  })

  it('tells an object that was deleted and made anew in a gap as both', async () => {
    const { api, clock, told } = await watching()
    await api.lastWatch().fail(failure('api_expired'))
    clock.advance(30_000)
    await api.lastList().answer(page([namedObject('a', '60', { uid: 'another' }), namedObject('b', '7')], '70'))
    expect(told).toEqual(['deleted team-a/a 5', 'added team-a/a 60'])
  })

  it('resumes without a list after any other failure', async () => {
    const { api, clock, told } = await watching()
    await api.lastWatch().fail(failure('api_unreachable'))
    clock.advance(30_000)
    await api.lastWatch().open()
    expect([api.watches.length, api.lists.length]).toEqual([2, 1])
    expect(told).toEqual(['fault api_unreachable', 'recovery'])
  })

  it('lists again once it has been refused: what it knows may be void', async () => {
    const { api, clock } = await watching()
    await api.lastWatch().fail(failure('api_not_found'))
    clock.advance(30_000)
    expect([api.watches.length, api.lists.length]).toEqual([1, 2])
  })

  it('begins the back-off anew after two healthy minutes', async () => {
    const { api, clock } = await watching()
    for (let failed = 0; failed < 6; failed++) {
      await api.lastWatch().fail(failure('api_unreachable'))
      clock.advance(30_000)
      await api.lastWatch().open()
    }
    for (let minute = 0; minute < 2; minute++) {
      clock.advance(MINUTE)
      api.lastWatch().options.onContact()
    }
    const asked = api.watches.length
    await api.lastWatch().fail(failure('api_unreachable'))
    clock.advance(3_000)
    expect(api.watches).toHaveLength(asked + 1)
  })

  it('keeps what it has and says so where an object cannot be read', async () => {
    const { api, told, cache } = await watching()
    await api.lastWatch().fail(new TypeError('no such field'))
    expect(told).toEqual(['fault object_unreadable'])
    expect([cache.synced, cache.size]).toEqual([true, 2])
  })
})

describe('a reflector that looks for drift', () => {
  it('lists now and then beside the watch, and puts right what the watch still has not told', async () => {
    const { api, clock, told, cache } = await watchingAtAudit()
    const listed = [namedObject('b', '7'), namedObject('lost', '20'), namedObject('late', '21')]
    await api.lastList().answer(page(listed, '30'))
    await api.lastWatch().send({ type: 'ADDED', object: namedObject('late', '21') })
    expect(told).toEqual(['added team-a/late 21'])
    clock.advance(10_000)
    expect(told.slice(1).toSorted()).toEqual(['added team-a/lost 20', 'deleted team-a/a 5'])
    expect([cache.drift, api.lastWatch().options.signal.aborted]).toEqual([2, false])
  })

  it('takes what the watch has told since for newer than the list', async () => {
    const { api, clock, cache } = await watchingAtAudit()
    await api
      .lastWatch()
      .send({ type: 'DELETED', object: namedObject('a', '31') }, { type: 'ADDED', object: namedObject('c', '32') })
    await api.lastList().answer(page([namedObject('a', '5'), namedObject('b', '7')], '30'))
    clock.advance(10_000)
    expect([cache.drift, [...cache.objects()].toSorted()]).toEqual([0, ['32', '7']])
  })

  it('lists from scratch where the collection has gone back: a backup was restored', async () => {
    const { api, clock, cache } = await watchingAtAudit()
    await api.lastList().answer(page([namedObject('a', '2')], '3'))
    clock.advance(1_000)
    await api.lastList().answer(page([namedObject('a', '2')], '3'))
    expect([...cache.objects()]).toEqual(['2'])
    expect(api.lastWatch().options.resourceVersion).toBe('3')
  })

  it('says why an audit has failed, and goes on watching', async () => {
    const { api, told, cache } = await watchingAtAudit()
    await api.lastList().fail(failure('api_unavailable'))
    expect([told, cache.fault]).toEqual([['fault api_unavailable'], undefined])
    expect(api.lastWatch().options.signal.aborted).toBe(false)
  })
})

/** Watching, at the moment at which the audit's list has been asked for. */
async function watchingAtAudit() {
  const set = await watching()
  while (set.api.lists.length === 1) {
    set.clock.advance(MINUTE)
    set.api.lastWatch().options.onContact()
  }
  return set
}

describe('a reflector that is stopped', () => {
  it.each(['listing', 'opening', 'watching', 'waiting'])('leaves nothing open while %s', async (state) => {
    const { api, clock, told, cache } = setUp()
    if (state === 'waiting') await api.lastList().fail(failure('api_unreachable'))
    if (state === 'opening' || state === 'watching') await api.lastList().answer(page([], '10'))
    if (state === 'watching') await api.lastWatch().open()
    told.length = 0
    cache.stop()
    cache.stop()
    const asked = [...api.lists, ...api.watches].at(-1)
    expect([asked?.options.signal.aborted, clock.pending()]).toEqual([true, 0])
    await asked?.fail(failure('api_unreachable'))
    clock.advance(60 * MINUTE)
    expect([told, api.lists.length + api.watches.length]).toEqual([
      [],
      state === 'waiting' || state === 'listing' ? 1 : 2,
    ])
  })
})
