import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { type Ranked, RankedList } from '../../../../ingress/lookup/ranked-list.ts'

const ranks = (list: RankedList<Ranked>) => list.chunks.flat().map(({ rank }) => rank)

describe('a ranked list', () => {
  it('is in order after any sequence of additions and removals, across chunks', () => {
    const sorted = fc.property(fc.array(fc.nat(3000), { minLength: 1000, maxLength: 2000, size: 'max' }), (steps) => {
      const list = new RankedList<Ranked>()
      const held = new Map<number, Ranked>()
      for (const [i, rank] of steps.entries()) {
        const item = held.get(rank) ?? { rank }
        if (i % 3 === 2) {
          list.remove(item)
          held.delete(rank)
        } else {
          list.add(item)
          held.set(rank, item)
        }
      }
      expect(ranks(list)).toEqual([...held.keys()].sort((a, b) => a - b))
      expect(list.chunks.every((chunk) => chunk.length > 0)).toBe(true)
    })
    fc.assert(sorted, { numRuns: 30 })
  })

  it('names the neighbours of a new item', () => {
    const list = new RankedList<Ranked>()
    const items = Array.from({ length: 1000 }, (_, i) => ({ rank: i * 2 }))
    for (const item of items) list.add(item)
    for (const rank of [-1, 1, 511, 513, 1001, 1999]) {
      const added = { rank }
      expect(list.add(added)).toEqual({ before: items[(rank - 1) / 2], after: items[(rank + 1) / 2] })
      list.remove(added)
    }
  })

  it('holds an item once', () => {
    const list = new RankedList<Ranked>()
    const item = { rank: 1 }
    list.add(item)
    list.add(item)
    list.remove(item)
    list.remove(item)
    expect([ranks(list), list.first]).toEqual([[], undefined])
  })

  it('fills its chunks when it grows at its end', () => {
    const list = new RankedList<Ranked>()
    for (let rank = 0; rank < 1024; rank++) list.add({ rank })
    expect(list.chunks.map((chunk) => chunk.length)).toEqual([256, 256, 256, 256])
  })
})
