import type { Backend } from '../route-table/route-table.ts'

/**
 * The order in which the backends of a route are tried: tier by tier, and inside a tier at random by weight. Each backend
 * appears once, as in RFC 2782. A backend with weight 0 gets no calls. `fraction` returns numbers in [0, 1).
 */
export function backendOrder(backends: readonly Backend[], fraction: () => number): readonly Backend[] {
  const usable = backends.every(isUsable) ? backends : backends.filter(isUsable)
  if (usable.length < 2) return usable
  const tiers = [...new Set(usable.map((backend) => backend.tier))].toSorted((a, b) => a - b)
  return tiers.flatMap((tier) =>
    drawn(
      usable.filter((backend) => backend.tier === tier),
      fraction,
    ),
  )
}

function isUsable({ weight }: Backend): boolean {
  return weight > 0
}

function drawn(tier: readonly Backend[], fraction: () => number): Backend[] {
  const left = [...tier]
  const order: Backend[] = []
  while (left.length > 1) {
    const total = left.reduce((sum, backend) => sum + backend.weight, 0)
    let mark = fraction() * total
    const at = left.findIndex((backend) => {
      mark -= backend.weight
      return mark < 0
    })
    order.push(...left.splice(at === -1 ? left.length - 1 : at, 1))
  }
  return [...order, ...left]
}
