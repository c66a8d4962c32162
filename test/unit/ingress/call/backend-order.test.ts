import { describe, expect, it } from '@jest/globals'
import { backendOrder } from '../../../../ingress/call/backend-order.ts'
import { type Backend, backendName } from '../../../../ingress/route-table/route-table.ts'

function backend(name: string, tier: number, weight: number): Backend {
  return { uri: `sip:${name}`, address: '10.0.0.1', port: 5060, uriParameters: '', tier, weight }
}

/** Gives the numbers in turn, then zeros. */
function fractions(...numbers: number[]): () => number {
  return () => numbers.shift() ?? 0
}

const names = (backends: readonly Backend[]) => backends.map((one) => backendName(one).slice('sip:'.length))

describe('the order in which backends are tried', () => {
  it('goes tier by tier, whatever order the rule lists them in', () => {
    const backends = [backend('c', 2, 1), backend('a', 0, 1), backend('b', 1, 1)]
    expect(names(backendOrder(backends, fractions()))).toEqual(['a', 'b', 'c'])
  })

  it('draws by weight inside a tier, and the rest follows without being put back', () => {
    const tier = [backend('light', 0, 10), backend('heavy', 0, 90)]
    expect(names(backendOrder(tier, fractions(0.09)))).toEqual(['light', 'heavy'])
    expect(names(backendOrder(tier, fractions(0.1)))).toEqual(['heavy', 'light'])
  })

  it('gives each backend its share of first places', () => {
    const tier = [backend('light', 0, 10), backend('heavy', 0, 90)]
    const first = Array.from({ length: 1000 }, (_, i) => names(backendOrder(tier, fractions(i / 1000)))[0])
    expect(first.filter((name) => name === 'light')).toHaveLength(100)
  })

  it('leaves out a backend of weight 0', () => {
    expect(names(backendOrder([backend('drained', 0, 0), backend('b', 1, 1)], fractions()))).toEqual(['b'])
    expect(backendOrder([backend('drained', 0, 0)], fractions())).toEqual([])
  })
})
