/**
 * The order of a call's targets by the health of backends. Nothing is removed here: an ejected target comes after all others, so
 * a call whose every target is ejected is still sent. Pure, except for the random numbers that are handed in.
 */
import type { HealthTarget } from '../backend-health/health-address.ts'
import { MIN_USABLE_SHARE } from '../backend-health/limits.ts'
import { type Backend, backendName } from '../route-table/route-table.ts'
import type { BackendHealth } from './backend-health.ts'
import { MAX_ENDPOINT_TRIES } from './limits.ts'

/** The targets of one backend that can be called. */
export interface FoundTargets<T extends HealthTarget = HealthTarget> {
  readonly backend: Backend
  readonly usable: readonly T[]
  readonly ejected: readonly T[]
  /** The targets of both lists in their usual order. For a name, that is the order of RFC 2782. */
  readonly all: readonly T[]
}

/** Splits the targets of a backend by their health. */
export function foundTargets<T extends HealthTarget>(
  backend: Backend,
  targets: readonly T[],
  health: Pick<BackendHealth, 'quiet' | 'standing'>,
): FoundTargets<T> {
  if (health.quiet) return { backend, usable: targets, ejected: [], all: targets }
  const usable = targets.filter((target) => health.standing(target) !== 'ejected')
  return { backend, usable, ejected: targets.filter((target) => !usable.includes(target)), all: targets }
}

/** Chooses some targets of a backend, in the order in which they are tried. */
export type DrawTargets<T> = (backend: Backend, targets: readonly T[]) => readonly T[]

export interface OrderedTargets<T> {
  readonly ordered: readonly T[]
  /** The names of the backends of which some targets came after all others, because they are ejected. */
  readonly ejected: readonly string[]
}

/**
 * Orders the targets: tier by tier those that are used, then tier by tier those that are ejected. If too few targets of a tier
 * are left, and no later tier has enough, all targets of the tier are used in their usual order. `found` is in the order of
 * tiers. In a slow start, a target is often moved behind the others of its tier.
 */
export function targetOrder<T extends HealthTarget>(
  found: readonly FoundTargets<T>[],
  draw: DrawTargets<T>,
  { health, fraction }: { readonly health: Pick<BackendHealth, 'quiet' | 'share'>; readonly fraction: () => number },
): OrderedTargets<T> {
  if (health.quiet) return { ordered: allInOrder(found, draw), ejected: NONE }
  const tiers = Object.values(Object.groupBy(found, ({ backend }) => backend.tier)).filter((tier) => tier !== undefined)
  const first: T[] = []
  const last: T[] = []
  const ejected: string[] = []
  tiers.forEach((tier, at) => {
    const usesAll = !hasEnough(tier) && !tiers.slice(at + 1).some(hasEnough)
    const drawn = tier.flatMap((one) => draw(one.backend, usesAll ? one.all : one.usable))
    first.push(...slowlyStarted(drawn, health, fraction))
    if (usesAll) return
    for (const one of tier) {
      const left = MAX_ENDPOINT_TRIES - Math.min(MAX_ENDPOINT_TRIES, one.usable.length)
      last.push(...draw(one.backend, one.ejected).slice(0, left))
    }
    ejected.push(...tier.filter((one) => one.ejected.length > 0).map((one) => backendName(one.backend)))
  })
  return { ordered: [...first, ...last], ejected: [...new Set(ejected)] }
}

const NONE: readonly string[] = []

/** Most rules have one backend, and then no new list is made. */
function allInOrder<T extends HealthTarget>(found: readonly FoundTargets<T>[], draw: DrawTargets<T>): readonly T[] {
  const [only] = found
  if (found.length === 1 && only) return draw(only.backend, only.usable)
  return found.flatMap(({ backend, usable }) => draw(backend, usable))
}

/** Whether enough targets of a tier are left. A tier without any target has not enough. */
function hasEnough(tier: readonly FoundTargets[]): boolean {
  const usable = tier.reduce((sum, one) => sum + one.usable.length, 0)
  const all = usable + tier.reduce((sum, one) => sum + one.ejected.length, 0)
  return all > 0 && usable >= all * MIN_USABLE_SHARE
}

/** Moves targets in a slow start behind the others of their tier, so that each is the first only for its share of the calls. */
function slowlyStarted<T extends HealthTarget>(
  tier: readonly T[],
  health: Pick<BackendHealth, 'share'>,
  fraction: () => number,
): readonly T[] {
  if (tier.length < 2) return tier
  const waiting = tier.filter((target) => {
    const share = health.share(target)
    return share < 1 && fraction() >= share
  })
  return waiting.length === 0 ? tier : [...tier.filter((target) => !waiting.includes(target)), ...waiting]
}
