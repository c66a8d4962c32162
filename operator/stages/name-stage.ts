/**
 * Looks up the names of backends as the pods do. It decides nothing: authors read in the statuses of their rules which names do not
 * resolve, before a call finds out.
 */
import { createNameResolver, type NameState } from '../../ingress/resolve/name-resolver.ts'
import { createSystemResolver } from '../../ingress/resolve/system-resolver.ts'
import { type NamedPlace, placeText } from '../../ingress/route-table/route-table.ts'
import { systemClock } from '../../ingress/time/dated-clock.ts'
import { systemTimerHost } from '../../ingress/time/system-timer.ts'
import { createTimerWheel } from '../../ingress/time/timer-wheel.ts'
import { namedPlace } from '../compile/named-place.ts'
import type { OperatorConfig } from '../operator-config.ts'
import type { Leader } from '../reconcile/leader.ts'
import { SETTLE_LIMIT_MS, SETTLE_QUIET_MS } from '../watch/limits.ts'
import { settle } from '../watch/settle.ts'
import { isRefused } from '../watch/watched-object.ts'
import type { WatchedObjects } from '../watch/watched-objects.ts'
import type { OperatorCore } from './operator-core.ts'

export interface NameStage {
  /** Must be called when rules may have changed, and when this process has become or stopped being the leader. */
  look(): void
  /** The names that do not resolve, by the text of the place, with the reason in one word. */
  unresolved(): ReadonlyMap<string, string>
  /** `onChange` is called when `unresolved` has changed. Changes that come together cause only one call. */
  start(onChange: () => void): void
  stop(): void
}

export interface NameStageParts {
  readonly objects: Pick<WatchedObjects, 'rules'>
  readonly leader: Pick<Leader, 'isLeader'>
}

export function createNameStage(
  { logger, onFault }: OperatorCore,
  { resolver: servers }: OperatorConfig,
  { objects, leader }: NameStageParts,
): NameStage {
  const unresolved = new Map<string, string>()
  let onChange = (): void => undefined
  const settler = settle({ quiet: SETTLE_QUIET_MS, limit: SETTLE_LIMIT_MS }, systemClock, () => onChange())
  const note = ({ place, servers: found, result, detail }: NameState): void => {
    const reason = found === undefined ? result : undefined
    if (unresolved.get(place) === reason) return
    if (reason === undefined) unresolved.delete(place)
    else unresolved.set(place, reason)
    if (reason === undefined) logger.info({ name: place }, 'name resolves')
    else logger.warn({ name: place, code: reason, reason: detail }, 'name does not resolve from the operator')
    settler.touch()
  }
  const names = createNameResolver({
    // The addresses of this pod say nothing about those of the ingress pods.
    locate: createSystemResolver(servers, () => ({ own: [], allowed: [] })),
    clock: createTimerWheel(systemTimerHost(), { onError: (error) => onFault('timer-failed', String(error)) }),
    fraction: Math.random,
    onState: note,
    onForgotten: (place) => {
      if (unresolved.delete(place)) settler.touch()
    },
  })
  return {
    look: () => names.retain(leader.isLeader() ? placesOf(objects) : []),
    unresolved: () => unresolved,
    start: (listener) => {
      onChange = listener
    },
    stop: () => {
      settler.stop()
      names.close()
    },
  }
}

function placesOf({ rules }: NameStageParts['objects']): NamedPlace[] {
  const places = new Map<string, NamedPlace>()
  for (const rule of rules.objects()) {
    if (isRefused(rule)) continue
    for (const { uri } of rule.object.spec.action.route?.backends ?? []) {
      const place = uri === undefined ? undefined : namedPlace(uri)
      if (place) places.set(placeText(place), place)
    }
  }
  return [...places.values()]
}
