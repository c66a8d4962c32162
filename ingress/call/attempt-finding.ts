/** What the end of an attempt says about the address of a backend. */
import type { AddressInput } from '../backend-health/address-state.ts'
import type { EjectCondition } from '../route-table/route-table.ts'
import type { ProxyProgress } from '../sip/port/engine.ts'

/** The call that has found something out. */
export interface AttemptFinder {
  /** For whom a 503 counts: a trunk and a calling number. Only the 503 of several callers eject. */
  readonly caller: string
  /** What the rule lets count. Absent: everything. */
  readonly ejectOn: readonly EjectCondition[] | undefined
}

type AttemptEnd = Extract<ProxyProgress, { readonly type: 'attempt' }>

/**
 * The finding of an attempt. Undefined: it says nothing, because nothing was sent. A call that the caller has ended before any
 * response says nothing either, but it ends a trial. `beganAt`: when the attempt began.
 */
export function attemptFinding(end: AttemptEnd, finder: AttemptFinder, beganAt: number): AddressInput | undefined {
  switch (end.result) {
    case 'answered':
    case 'late':
      return { type: 'answered', beganAt }
    case 'refused':
      return end.status === 503 ? failure('unavailable', finder, beganAt) : { type: 'answered', beganAt }
    case 'timeout':
    case 'cancelled':
      if (end.heard) return { type: 'answered', beganAt }
      return end.result === 'timeout' ? failure('timeout', finder, beganAt) : { type: 'spared', beganAt, alive: false }
    case 'transport':
      return failure('transport', finder, beganAt)
    case 'passed_over':
    case 'no_socket':
      return undefined
  }
}

type Failure = Extract<AddressInput, { readonly type: 'failed' }>

const CONDITIONS: Readonly<Record<Failure['reason'], EjectCondition>> = {
  transport: 'transport',
  timeout: 'timeout',
  unavailable: '503',
}

function failure(reason: Failure['reason'], finder: AttemptFinder, beganAt: number): AddressInput {
  const counts = finder.ejectOn?.includes(CONDITIONS[reason]) ?? true
  if (!counts) return { type: 'spared', beganAt, alive: reason === 'unavailable' }
  return { type: 'failed', beganAt, reason, caller: finder.caller }
}
