import type { CallLimitsSpec } from '../../crds/schema/call-limits.ts'
import type { CallLimit } from '../../ingress/route-table/route-table.ts'
import { DEFAULT_CALL_SECONDS } from './limits.ts'

/** Makes the compiled form of limits. The schema has ensured that they limit something and do not contradict each other. */
export function callLimit(spec: CallLimitsSpec): CallLimit {
  const { callsPerSecond, burst, concurrentCalls, maxCallSeconds, scope } = spec
  return {
    ...(callsPerSecond === undefined ? {} : { rate: { callsPerSecond, burst: burst ?? callsPerSecond } }),
    ...(concurrentCalls === undefined
      ? {}
      : { concurrent: { calls: concurrentCalls, maxCallSeconds: maxCallSeconds ?? DEFAULT_CALL_SECONDS } }),
    scope,
  }
}
