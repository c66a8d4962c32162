import { describe, expect, it } from '@jest/globals'
import type { EntryChange } from '../../../ingress/route-table/cache-log.ts'
import { MAX_CHANGED_NAMES, MAX_MESSAGE_LENGTH } from '../../../standalone/limits.ts'
import { createTableOffers, type TableOffers } from '../../../standalone/table-offers.ts'
import { ruleEntry, trunkEntry } from '../../support/engine-harness.ts'

function partsOf(offers: TableOffers, count = 0): (readonly EntryChange[])[] {
  return Array.from({ length: count }, () => offers.next())
}

describe('the offer of a table', () => {
  it('is every entry at first, then only what differs, and nothing where nothing does', () => {
    const offers = createTableOffers()
    const whole = offers.offer([trunkEntry(), ruleEntry()])
    expect(whole).toMatchObject({ from: undefined, parts: 1, head: { version: 1, entries: 2 } })
    expect(offers.next().map(([key]) => key)).toEqual(['trunk/default/carrier', expect.stringMatching(/^rule\//)])
    offers.taken(true)
    expect(offers.offer([trunkEntry(), ruleEntry()])).toBeUndefined()
    const change = offers.offer([trunkEntry({ transports: ['TCP'] }), ruleEntry({ name: 'default/new' })])
    expect(change).toMatchObject({
      from: 1,
      head: { version: 2, entries: 2 },
      names: {
        added: ['rule default/new'],
        changed: ['trunk default/carrier'],
        removed: [expect.any(String)],
        more: 0,
      },
    })
  })

  it('counts from the last table that was taken over', () => {
    const offers = createTableOffers()
    offers.offer([trunkEntry()])
    offers.taken(true)
    offers.offer([trunkEntry(), ruleEntry()])
    offers.taken(false)
    expect(offers.next()).toEqual([])
    expect(offers.offer([trunkEntry()])).toBeUndefined()
    expect(offers.offer([trunkEntry(), ruleEntry()])).toMatchObject({ from: 1, head: { version: 2 } })
  })

  it('leads from a table of which only the hashes are known to the same head', () => {
    const first = createTableOffers()
    const entries = [trunkEntry(), ruleEntry()]
    const whole = first.offer(entries)
    const keys = partsOf(first, whole?.parts)
      .flat()
      .map(([key]) => key)
    const later = createTableOffers()
    later.hold(keys.map((key): [string, number] => [key, 0]))
    later.begin(7)
    const change = later.offer(entries)
    expect(change).toMatchObject({ from: 7, head: { version: 8, checksum: whole?.head.checksum } })
    expect(change?.names.changed).toHaveLength(2)
  })

  it('comes in parts of a bounded length, whole entries each, with some of the names', () => {
    const offers = createTableOffers()
    const many = Array.from({ length: 2000 }, (_, i) => ruleEntry({ name: `default/r${i}` }))
    const offer = offers.offer(many)
    const parts = partsOf(offers, offer?.parts)
    expect(parts.flat()).toHaveLength(2000)
    const lengths = parts.map((part) => part.reduce((sum, [key, json = '']) => sum + key.length + json.length, 0))
    expect(Math.max(...lengths)).toBeLessThanOrEqual(MAX_MESSAGE_LENGTH)
    expect(offer?.names).toMatchObject({ more: 2000 - MAX_CHANGED_NAMES })
  })
})
