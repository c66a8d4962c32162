import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { Candidates, type Posting, withItem, withoutItem } from '../../../../ingress/lookup/candidates.ts'
import type { Ranked } from '../../../../ingress/lookup/ranked-list.ts'

const items = Array.from({ length: 1000 }, (_, rank) => ({ rank }))

function postingOf(ranks: readonly number[]): Posting<Ranked> | undefined {
  let posting: Posting<Ranked> | undefined
  for (const rank of ranks) posting = withItem(posting, items[rank] ?? { rank })
  return posting
}

function walk(candidates: Candidates<Ranked>): [number, boolean][] {
  const walked: [number, boolean][] = []
  for (let item = candidates.next(); item !== undefined; item = candidates.next()) {
    walked.push([item.rank, candidates.certain])
  }
  return walked
}

describe('candidates', () => {
  it('come in rank order from every posting, each with its own certainty', () => {
    const posting = fc.record({ ranks: fc.uniqueArray(fc.nat(999), { maxLength: 6 }), certain: fc.boolean() })
    const candidates = new Candidates<Ranked>()
    const merged = fc.property(fc.array(posting, { maxLength: 6 }), (postings) => {
      candidates.clear()
      for (const { ranks, certain } of postings) candidates.add(postingOf(ranks), certain)
      const expected = postings.flatMap(({ ranks, certain }) => ranks.map((rank) => [rank, certain] as const))
      const walked = walk(candidates)
      expect(walked.map(([rank]) => rank)).toEqual(expected.map(([rank]) => rank).sort((a, b) => a - b))
      expect(walked.map(String).sort()).toEqual(expected.map(String).sort())
    })
    fc.assert(merged)
  })

  it('come from every chunk of a long posting', () => {
    const candidates = new Candidates<Ranked>()
    candidates.add(postingOf(items.map(({ rank }) => rank)), true)
    expect(walk(candidates).map(([rank]) => rank)).toEqual(items.map(({ rank }) => rank))
  })
})

describe('a posting', () => {
  it('is gone when its last item is', () => {
    const [a, b] = [{ rank: 1 }, { rank: 2 }]
    const both = withItem(withItem(undefined, a), b)
    expect(withoutItem(withoutItem(both, a), b)).toBeUndefined()
    expect(withoutItem(withItem(undefined, a), a)).toBeUndefined()
  })

  it('stays when an item is removed that it does not hold', () => {
    const a = { rank: 1 }
    expect(withoutItem(withItem(undefined, a), { rank: 2 })).toBe(a)
  })
})
