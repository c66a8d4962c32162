import { describe, expect, it } from '@jest/globals'
import { CacheError } from '../../../../ingress/cache-connection/cache-error.ts'
import type { TableCacheWriter } from '../../../../operator/publish/table-cache-writer.ts'
import {
  HELD_REVIEW_MS,
  PUBLISH_RETRY_MS,
  READERS_IDLE_POLL_MS,
  READERS_POLL_MS,
  VERIFY_DAMAGE_MS,
  VERIFY_HEAD_MS,
} from '../../../../operator/reconcile/limits.ts'
import type { ReconcileListener, TableReconciler } from '../../../../operator/reconcile/table-reconciler.ts'
import { startTableReconciler } from '../../../../operator/reconcile/table-reconciler.ts'
import { watchedRule, watchedTrunk } from '../../../../operator/watch/watched-object.ts'
import { type FakeOperatorClock, fakeOperatorClock } from '../../../support/fake-operator-clock.ts'
import { createMemoryTableCache } from '../../../support/memory-table-cache.ts'

const NAMESPACE = 'team'

function objectOf(kind: string, name: string, spec: object, generation = 1) {
  const metadata = { name, namespace: NAMESPACE, uid: `${kind}-${name}`, resourceVersion: '1', generation }
  return {
    apiVersion: 'sipdispatch.dev/v1alpha1',
    kind,
    metadata: { ...metadata, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec,
  }
}

const trunk = watchedTrunk(objectOf('SipTrunk', 'carrier', { sources: ['192.0.2.0/24'] }))

/** A rule to one backend, `sip:10.0.0.1`. */
function routed(name: string, status?: object) {
  const route = { backends: [{ uri: 'sip:10.0.0.1' }] }
  const called = [{ exact: `+1555${name.padStart(7, '0')}` }]
  const object = objectOf('DispatchRule', name, { match: { called }, action: { type: 'Route', route } })
  return watchedRule({ ...object, ...(status && { status }) })
}

function rule(name: string, status = 404, generation = 1) {
  const called = [{ exact: `+1555${name.padStart(7, '0')}` }]
  return watchedRule(
    objectOf('DispatchRule', name, { match: { called }, action: { type: 'Reject', reject: { status } } }, generation),
  )
}

/** A term of leadership over objects in memory, with everything that it tells written down. */
class Term {
  readonly clock: FakeOperatorClock = fakeOperatorClock()
  readonly cache = createMemoryTableCache()
  readonly rules = new Map<string, ReturnType<typeof rule>>()
  readonly told: string[] = []
  readonly allowed = new Set<string>()
  leads = true
  readonly reconciler: TableReconciler

  constructor(
    names: readonly string[],
    writer: (cache: TableCacheWriter) => TableCacheWriter = (cache) => cache,
    epoch = 1,
  ) {
    for (const name of names) this.put(rule(name))
    const none = { objects: () => [] }
    this.reconciler = startTableReconciler({
      watched: {
        trunks: { objects: () => [trunk], get: () => trunk },
        rules: { objects: () => this.rules.values(), get: (key) => this.rules.get(key) },
        services: none,
        endpointSlices: none,
        servicesKnown: true,
        fieldsDropped: false,
      },
      cache: writer(this.cache.writer()),
      installation: 'here',
      epoch,
      isLeader: () => this.leads,
      removalsAllowed: async () => this.allowed,
      clock: this.clock,
      listener: this.#listener(),
    })
  }

  put(object: ReturnType<typeof rule>): void {
    this.rules.set(`${NAMESPACE}/${object.name}`, object)
  }

  /** Lets everything that waits for nothing but a turn of the event loop come to its end. */
  async rest(ms = 0): Promise<this> {
    this.clock.advance(ms)
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    return this
  }

  async touched(): Promise<this> {
    this.reconciler.touch()
    return await this.rest()
  }

  async report(version: number, down: readonly string[] = []): Promise<void> {
    await this.cache.reader().report('pod', { epoch: 1, version }, down)
  }

  /** What was told since the last look. */
  news(): string[] {
    return this.told.splice(0)
  }

  async published(): Promise<{ version: number; entries: number } | undefined> {
    const head = await this.cache.reader().head()
    return head && { version: head.version, entries: head.entries }
  }

  #listener(): ReconcileListener {
    const tell = (text: string): void => void this.told.push(text)
    return {
      onNews: ({ object, conditions }) => {
        const reasons = ['Programmed', 'BackendsHealthy'].map(
          (name) => conditions.find(({ type }) => type === name)?.reason,
        )
        tell([object.name, ...reasons.filter((reason) => reason !== undefined)].join(' '))
      },
      onGone: ({ name }) => tell(`${name} gone`),
      onHeld: (keys) => keys.size > 0 && tell(`held ${keys.size}`),
      onPublished: () => undefined,
      onPropagated: (milliseconds) => tell(`propagated ${milliseconds}`),
      onReaders: () => undefined,
      onFenced: (epoch) => tell(`fenced ${epoch}`),
      onFault: (code) => tell(`fault ${code}`),
    }
  }
}

const MANY = Array.from({ length: 30 }, (_, i) => `${i}`)

describe('a term of leadership', () => {
  it('publishes what is there, and says of each object that no pod runs it yet', async () => {
    const term = await new Term(['1']).rest()
    expect(await term.published()).toEqual({ version: 1, entries: 2 })
    expect(term.news().toSorted()).toEqual(['1 NoReaders', 'carrier NoReaders'])
  })

  it('says Programmed once the pods report the version, and how long that took', async () => {
    const term = await new Term(['1']).rest()
    await term.report(1)
    await term.rest(READERS_POLL_MS)
    expect(term.news().slice(2).toSorted()).toEqual([
      '1 Programmed',
      'carrier Programmed',
      `propagated ${READERS_POLL_MS}`,
    ])
  })

  it('tells of a change only what it changes', async () => {
    const term = await new Term(['1', '2']).rest()
    await term.report(1)
    await term.rest(READERS_POLL_MS)
    term.news()
    term.put(rule('2', 486, 2))
    await term.touched()
    expect(term.news()).toEqual(['2 Pending'])
  })

  it('forgets an object that is gone', async () => {
    const term = await new Term(['1', '2']).rest()
    term.news()
    term.rules.delete(`${NAMESPACE}/2`)
    await term.touched()
    expect(term.news()).toEqual(['2 gone'])
    expect(await term.published()).toEqual({ version: 2, entries: 2 })
  })

  it('publishes nothing where nothing has changed', async () => {
    const term = await new Term(['1']).rest()
    await term.touched()
    expect(await term.published()).toMatchObject({ version: 1 })
  })

  it('publishes nothing once it does not lead any more', async () => {
    const term = await new Term(['1']).rest()
    term.leads = false
    term.put(rule('2'))
    await term.touched()
    expect(await term.published()).toEqual({ version: 1, entries: 2 })
  })
})

describe('backends that pods find down', () => {
  async function programmed(object: ReturnType<typeof rule>): Promise<Term> {
    const term = new Term(['1'])
    term.put(object)
    await term.rest()
    return term
  }

  it('are told of the rules that name them, once, and taken back once they are up', async () => {
    const term = await programmed(routed('2'))
    await term.report(1)
    await term.rest(READERS_POLL_MS)
    term.news()
    await term.report(1, ['sip:10.0.0.1'])
    await term.rest(READERS_IDLE_POLL_MS)
    expect(term.news()).toEqual(['2 Programmed AllBackendsDown'])
    await term.rest(READERS_IDLE_POLL_MS)
    await term.touched()
    expect(term.news()).toEqual([])
    await term.report(1)
    await term.rest(READERS_IDLE_POLL_MS)
    expect(term.news()).toEqual(['2 Programmed'])
  })

  it('are told of a rule that comes later, too', async () => {
    const term = await programmed(routed('2'))
    await term.report(1, ['sip:10.0.0.1'])
    await term.rest(READERS_POLL_MS)
    term.news()
    term.put(routed('3'))
    await term.touched()
    expect(term.news()).toEqual(['3 Pending AllBackendsDown'])
  })

  it('stay told by a new leader that has not heard of the pods yet', async () => {
    const message = 'Most ingress pods find 1 of 1 backends down: sip:10.0.0.1.'
    const stored = { status: 'False', reason: 'AllBackendsDown', message, observedGeneration: 1 }
    const condition = { ...stored, type: 'BackendsHealthy', lastTransitionTime: '2026-01-01T00:00:00Z' }
    const term = await programmed(routed('2', { conditions: [condition] }))
    expect(term.news()).toContain('2 NoReaders AllBackendsDown')
    await term.report(1)
    await term.rest(READERS_POLL_MS)
    expect(term.news()).toContain('2 Programmed')
  })
})

describe('a cache that cannot be written', () => {
  it('is tried again until it can, and meanwhile the status says so', async () => {
    let full = true
    const writer = (cache: TableCacheWriter): TableCacheWriter => ({
      ...cache,
      replace: (table) => (full ? Promise.reject(new CacheError('cache-full', 'full')) : cache.replace(table)),
    })
    const term = await new Term(['1'], writer).rest()
    expect(term.news()).toEqual(['fault cache-full', 'carrier PublishFailed', '1 PublishFailed'])
    full = false
    await term.rest(PUBLISH_RETRY_MS)
    expect(await term.published()).toEqual({ version: 1, entries: 2 })
    expect(term.news().toSorted()).toEqual(['1 NoReaders', 'carrier NoReaders'])
  })

  it('that was emptied is filled again under a later version', async () => {
    const term = await new Term(['1']).rest()
    const head = { installation: 'here', epoch: 1, version: 2, checksum: '0000000000000', entries: 0 }
    await term.cache.writer().replace({ head, entries: [] })
    await term.rest(VERIFY_HEAD_MS)
    expect(await term.published()).toEqual({ version: 3, entries: 2 })
  })

  it('that a pod cannot read is looked at as a whole, though not all the time', async () => {
    let looks = 0
    const counted = (cache: TableCacheWriter): TableCacheWriter => ({
      ...cache,
      snapshot: () => {
        looks++
        return cache.snapshot()
      },
    })
    const term = await new Term(['1'], counted).rest()
    const before = looks
    await term.cache.reader().report('pod', { epoch: 0, version: 0 })
    await term.rest(READERS_POLL_MS)
    expect(looks).toBe(before + 1)
    await term.rest(READERS_POLL_MS)
    expect(looks).toBe(before + 1)
    await term.rest(VERIFY_DAMAGE_MS)
    await term.rest(READERS_POLL_MS)
    expect(looks).toBe(before + 2)
  })

  it('in which a later leader has written is left to that one', async () => {
    const term = await new Term(['1']).rest()
    term.news()
    const head = { installation: 'here', epoch: 7, version: 9, checksum: '0000000000000', entries: 0 }
    await term.cache.writer().replace({ head, entries: [] })
    await term.rest(VERIFY_HEAD_MS)
    expect(term.news()).toContain('fenced 7')
    expect(await term.published()).toEqual({ version: 9, entries: 0 })
  })
})

describe('a change that removes most of the table', () => {
  it('is held, while what is added goes out', async () => {
    const term = await new Term(MANY).rest()
    term.rules.clear()
    term.put(rule('100'))
    term.news()
    await term.touched()
    expect(term.news()).toContain('held 30')
    expect(await term.published()).toEqual({ version: 2, entries: 32 })
  })

  it('goes out once it is allowed', async () => {
    const term = await new Term(MANY).rest()
    term.rules.clear()
    await term.touched()
    term.allowed.add(NAMESPACE)
    await term.rest(HELD_REVIEW_MS)
    expect(await term.published()).toEqual({ version: 2, entries: 1 })
  })

  it('is held by the next leader too', async () => {
    const first = await new Term(MANY).rest()
    const second = new Term([], () => first.cache.writer(), 2)
    await second.rest()
    expect(second.news()).toContain('held 30')
    expect(await first.published()).toEqual({ version: 2, entries: 31 })
  })
})
