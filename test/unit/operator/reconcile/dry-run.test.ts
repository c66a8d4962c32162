import { describe, expect, it } from '@jest/globals'
import { CacheError } from '../../../../ingress/cache-connection/cache-error.ts'
import { encodeEntry } from '../../../../ingress/route-table/table-codec.ts'
import type { TableCacheWriter } from '../../../../operator/publish/table-cache-writer.ts'
import { compiledTable } from '../../../../operator/reconcile/compiled-table.ts'
import { type DryRunResult, dryRun } from '../../../../operator/reconcile/dry-run.ts'
import { watchedRule } from '../../../../operator/watch/watched-object.ts'

function rule(name: string, status: number, spec: object = {}) {
  const action = { type: 'Reject', reject: { status } }
  return watchedRule({
    apiVersion: 'sipdispatch.dev/v1alpha1',
    kind: 'DispatchRule',
    metadata: { name, namespace: 'team', uid: name, resourceVersion: '1', generation: 1 },
    spec: { match: { called: [{ exact: `+1555${name}` }] }, action, ...spec },
  })
}

function watchedRules(...rules: readonly ReturnType<typeof rule>[]) {
  const byName = new Map(rules.map((one) => [`team/${one.name}`, one]))
  const none = { objects: () => [] }
  return {
    trunks: { ...none, get: () => undefined },
    rules: { objects: () => byName.values(), get: (key: string) => byName.get(key) },
    services: none,
    endpointSlices: none,
    servicesKnown: true,
    fieldsDropped: false,
  }
}

type Snapshot = TableCacheWriter['snapshot']

/** A cache that holds what these rules make. */
function holding(...rules: readonly ReturnType<typeof rule>[]): Snapshot {
  const { entries } = compiledTable(watchedRules(...rules))
  const head = { installation: 'here', epoch: 1, version: 7, checksum: '0'.repeat(13), entries: entries.size }
  return async () => ({ head, entries: new Map([...entries].map(([key, entry]) => [key, encodeEntry(entry)])) })
}

async function told(watched: ReturnType<typeof watchedRules>, snapshot: Snapshot) {
  const said: DryRunResult[] = []
  const conditions: string[] = []
  const faults: string[] = []
  await dryRun({
    watched,
    cache: { snapshot },
    onResult: (one) => said.push(one),
    onCondition: ({ objectName }, { type, reason }) => conditions.push(`${objectName} ${type} ${reason}`),
    onFault: (code, message) => faults.push(`${code}: ${message}`),
  })
  return { said, conditions, faults }
}

describe('a dry run', () => {
  it('says what would be added, changed and removed, by name', async () => {
    const watched = watchedRules(rule('1', 404), rule('2', 486), rule('4', 404))
    const { said, conditions, faults } = await told(watched, holding(rule('1', 404), rule('2', 404), rule('3', 404)))
    const keys = { added: ['rule/team/4'], changed: ['rule/team/2'], removed: ['rule/team/3'] }
    const change = { version: 7, added: 1, changed: 1, removed: 1, keys }
    expect(said).toEqual([{ entries: 3, objects: 3, change }])
    expect([conditions, faults]).toEqual([[], []])
  })

  it('says which objects are not as their authors want them', async () => {
    const watched = watchedRules(rule('1', 404, { trunkRefs: [{ name: 'absent' }] }))
    const { said, conditions } = await told(watched, async () => undefined)
    expect(said).toMatchObject([{ entries: 0, objects: 1, change: { version: 0, added: 0, removed: 0 } }])
    expect(conditions).toEqual(['team/1 Accepted NoTrunk', 'team/1 ResolvedRefs TrunkNotFound'])
  })

  it('names no more than twenty entries, and counts them all', async () => {
    const many = Array.from({ length: 30 }, (_, i) => rule(String(i), 404))
    const { said } = await told(watchedRules(...many), async () => undefined)
    expect(said[0]?.change?.added).toBe(30)
    expect(said[0]?.change?.keys.added).toHaveLength(20)
  })

  it('goes on without the cache, and says what is wrong with it', async () => {
    const unreachable = () => Promise.reject(new CacheError('cache-unreachable', 'start the cache'))
    const { said, faults } = await told(watchedRules(rule('1', 404)), unreachable)
    expect(said).toEqual([{ entries: 1, objects: 1, change: undefined }])
    expect(faults).toEqual(['cache-unreadable: start the cache'])
  })
})
