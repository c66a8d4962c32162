import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { serverOrder } from '../../../../ingress/call/server-order.ts'

interface Server {
  readonly name: string
  readonly priority: number
  readonly weight: number
}

const server = (name: string, priority: number, weight: number): Server => ({ name, priority, weight })
const names = (servers: readonly Server[], fraction = () => 0) => serverOrder(servers, fraction).map(({ name }) => name)

/** Numbers in [0, 1) at equal distances, so that frequencies come out as they should, and each run is the same. */
function spread(count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i + 0.5) / count)
}

function firsts(servers: readonly Server[], draws: number): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const fraction of spread(draws)) {
    const [name = ''] = names(servers, () => fraction)
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

describe('the order of servers (RFC 2782)', () => {
  it('is that of the priorities, lowest first, whatever the weights are', () => {
    const servers = [server('c', 30, 100), server('a', 10, 0), server('b', 20, 1)]
    for (const fraction of spread(7)) expect(names(servers, () => fraction)).toEqual(['a', 'b', 'c'])
  })

  it('N-02: is that of the weights inside a priority: the first choice comes in their proportion', () => {
    expect(firsts([server('a', 1, 60), server('b', 1, 30), server('c', 1, 9)], 1000)).toEqual({ a: 610, b: 300, c: 90 })
  })

  it('gives a server of weight 0 a small chance beside others: one in the sum of the weights and one', () => {
    expect(firsts([server('a', 1, 99), server('zero', 1, 0)], 1000)).toEqual({ a: 990, zero: 10 })
  })

  it('gives servers that all have weight 0 equal chances', () => {
    expect(firsts([server('a', 1, 0), server('b', 1, 0), server('c', 1, 0), server('d', 1, 0)], 1000)).toEqual({
      ...{ a: 250, b: 250, c: 250, d: 250 },
    })
  })

  it('takes the next choice from those that are left, by their weights', () => {
    const seconds: Record<string, number> = {}
    for (const second of spread(300)) {
      const draws = [0, second]
      const [, name = ''] = names(
        [server('a', 1, 10), server('b', 1, 19), server('c', 1, 10)],
        () => draws.shift() ?? 0,
      )
      seconds[name] = (seconds[name] ?? 0) + 1
    }
    expect(seconds).toEqual({ b: 200, c: 100 })
  })

  it('has each server once, and never one of a higher priority number before one of a lower', () => {
    const one = fc.record({ priority: fc.nat(3), weight: fc.nat(65_535) })
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(fc.array(one, { maxLength: 32 }), fc.array(chance, { minLength: 1 }), (list, chances) => {
        const servers = list.map((fields, i) => ({ ...fields, name: String(i) }))
        let draws = 0
        const order = serverOrder(servers, () => chances[draws++ % chances.length] ?? 0)
        expect(new Set(order)).toEqual(new Set(servers))
        expect(order).toHaveLength(servers.length)
        expect(order.map(({ priority }) => priority)).toEqual(
          servers.map(({ priority }) => priority).toSorted((a, b) => a - b),
        )
      }),
    )
  })
})
