import type { LocatedServer } from '../resolve/located-server.ts'

type Ranked = Pick<LocatedServer, 'priority' | 'weight'>

/**
 * The order in which the servers of a name are tried (RFC 2782, "Usage rules"): priority by priority, lowest first, and inside
 * a priority at random by weight. A server of weight 0 has a small chance beside others, so it is not the same as a backend of
 * weight 0, which gets no call. `fraction` returns numbers in [0, 1).
 */
export function serverOrder<T extends Ranked>(servers: readonly T[], fraction: () => number): readonly T[] {
  if (servers.length < 2) return servers
  const priorities = [...new Set(servers.map(({ priority }) => priority))].toSorted((a, b) => a - b)
  return priorities.flatMap((priority) =>
    drawnByWeight(
      servers.filter((server) => server.priority === priority),
      fraction,
    ),
  )
}

function drawnByWeight<T extends Ranked>(servers: readonly T[], fraction: () => number): T[] {
  // RFC 2782: those with weight 0 stand first, so that a number of 0 chooses one of them.
  const left = servers.toSorted((a, b) => Number(a.weight > 0) - Number(b.weight > 0))
  const order: T[] = []
  while (left.length > 1) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0)
    // If all weights are 0, nothing says which server is better, so each has the same chance.
    const at = total === 0 ? Math.floor(fraction() * left.length) : placeOf(left, Math.floor(fraction() * (total + 1)))
    order.push(...left.splice(at, 1))
  }
  return [...order, ...left]
}

/** The first server whose running sum of weights is at least `mark`, a whole number from 0 to the sum of all weights. */
function placeOf(servers: readonly Ranked[], mark: number): number {
  let sum = 0
  const at = servers.findIndex(({ weight }) => {
    sum += weight
    return sum >= mark
  })
  return Math.max(at, 0)
}
