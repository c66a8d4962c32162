import { describe, expect, it } from '@jest/globals'
import { MASS_REMOVAL_WINDOW_MS } from '../../../../operator/reconcile/limits.ts'
import { createRemovalGuard } from '../../../../operator/reconcile/removal-guard.ts'

const never = (): boolean => false

function keys(count: number, namespace = 'team'): string[] {
  return Array.from({ length: count }, (_, i) => `rule/${namespace}/r${i}`)
}

/** How many keys stay of `from` entries when only the first `to` are wanted. */
function heldOf(from: number, to: number): number {
  return createRemovalGuard().held({ published: keys(from), next: new Set(keys(to)), allowed: never }, 0).size
}

describe('a change of the table', () => {
  it.each([
    ['removes nothing', 100, 100, 0],
    ['removes half of it', 100, 50, 0],
    ['removes more than half of it', 100, 49, 51],
    ['removes all of it', 100, 0, 100],
    ['removes more than half of a table of 21', 21, 10, 11],
    ['removes all of a table of 20', 20, 0, 0],
  ])('that %s: from %d to %d entries, %d stay', (_, from, to, held) => {
    expect(heldOf(from, to)).toBe(held)
  })

  it('is held as long as it is asked for', () => {
    const guard = createRemovalGuard()
    const change = { published: keys(100), next: new Set(keys(10)), allowed: never }
    expect(guard.held(change, 0).size).toBe(90)
    expect(guard.held(change, 2 * MASS_REMOVAL_WINDOW_MS)).toEqual(new Set(keys(100).slice(10)))
  })

  it('adds up with what was removed a moment ago', () => {
    const guard = createRemovalGuard()
    expect(guard.held({ published: keys(100), next: new Set(keys(60)), allowed: never }, 0).size).toBe(0)
    expect(guard.held({ published: keys(60), next: new Set(keys(45)), allowed: never }, 1_000).size).toBe(15)
  })

  it('is judged by itself once the last one is long past', () => {
    const guard = createRemovalGuard()
    expect(guard.held({ published: keys(100), next: new Set(keys(60)), allowed: never }, 0).size).toBe(0)
    const later = MASS_REMOVAL_WINDOW_MS
    expect(guard.held({ published: keys(60), next: new Set(keys(45)), allowed: never }, later).size).toBe(0)
  })

  it('goes through where the namespace allows it, and only there', () => {
    const published = [...keys(30, 'blue'), ...keys(30, 'green')]
    const allowed = (namespace: string): boolean => namespace === 'green'
    const held = createRemovalGuard().held({ published, next: new Set(), allowed }, 0)
    expect(held).toEqual(new Set(keys(30, 'blue')))
  })
})
