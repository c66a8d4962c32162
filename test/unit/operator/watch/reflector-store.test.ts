import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { ApiObject } from '../../../../operator/api/api-object.ts'
import { type ObjectChange, reflectorStore, type StoredObject } from '../../../../operator/watch/reflector-store.ts'
import { namedObject } from '../../../support/scripted-api.ts'

const version = (object: ApiObject) => object.metadata.resourceVersion

/** Objects of few names, identities and versions, one of each name. */
const collection = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    uid: fc.constantFrom('1', '2'),
    at: fc.constantFrom('5', '6'),
  }),
  { selector: ({ name }) => name },
)

describe('the store of a reflector', () => {
  it('tells just what turns the old collection into the new one', () => {
    fc.assert(
      fc.property(collection, collection, (before, after) => {
        const store = reflectorStore(version)
        const told = new Map<string, string>()
        const load = (objects: typeof before) => {
          const page = new Map<string, StoredObject<string>>()
          store.page(
            objects.map(({ name, uid, at }) => namedObject(name, at, { uid })),
            page,
          )
          for (const change of store.replace(page)) follow(told, change)
        }
        load(before)
        load(after)
        expect(told).toEqual(new Map(after.map(({ name, at }) => [`team-a/${name}`, at])))
        expect(store.size).toBe(after.length)
      }),
    )
  })

  it('tells what an object was before', () => {
    const store = reflectorStore(version)
    store.put(namedObject('a', '5'))
    expect(store.put(namedObject('a', '6'))).toEqual([{ type: 'updated', key: 'team-a/a', value: '6', before: '5' }])
    expect(store.remove('team-a/a')).toEqual([{ type: 'deleted', key: 'team-a/a', value: '6' }])
    expect(store.remove('team-a/a')).toEqual([])
  })

  it('reads no version of an object twice', () => {
    let read = 0
    const store = reflectorStore(() => read++)
    const page = new Map<string, StoredObject<number>>()
    store.put(namedObject('a', '5'))
    store.page([namedObject('a', '5')], page)
    expect([store.replace(page), store.put(namedObject('a', '5')), read]).toEqual([[], [], 1])
  })
})

/** Fails where a change does not fit what was told before. */
function follow(told: Map<string, string>, { type, key, value }: ObjectChange<string>): void {
  expect(told.has(key)).toBe(type !== 'added')
  if (type === 'deleted') told.delete(key)
  else told.set(key, value)
}
