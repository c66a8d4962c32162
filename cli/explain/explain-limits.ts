/** The limits that hold for a call. One call alone never reaches them, so the decision does not show them. */
import { overLimitAnswer } from '../../ingress/call/over-limit.ts'
import type { CallLimit, RuleEntry, TrunkEntry } from '../../ingress/route-table/route-table.ts'

/** One limit. Fields that it does not have are absent. */
export interface ExplainedLimit {
  readonly of: 'trunk' | 'rule'
  /** `namespace/name` */
  readonly name: string
  readonly callsPerSecond?: number
  readonly burst?: number
  readonly concurrentCalls?: number
  readonly maxCallSeconds?: number
  readonly scope: CallLimit['scope']
  /** The status line, without the version, and the headers of the answer to a call beyond the limit. */
  readonly refusal: readonly string[]
}

/** The limits of the trunk and of the rule, in the order in which they are judged. */
export function explainedLimits(trunk: TrunkEntry | undefined, rule: RuleEntry | undefined): ExplainedLimit[] {
  if (trunk === undefined || rule === undefined) return []
  return [trunk, rule].flatMap(({ kind: of, name, limits }) => {
    if (limits === undefined) return []
    const { rate, concurrent, scope } = limits
    const { status, reason, headers = [] } = overLimitAnswer(trunk, of)
    return {
      ...{ of, name, ...rate, scope },
      ...(concurrent && { concurrentCalls: concurrent.calls, maxCallSeconds: concurrent.maxCallSeconds }),
      refusal: [`${status} ${reason}`, ...headers.map((header) => `${header.name}: ${header.value}`)],
    }
  })
}

/** One line for each limit. */
export function limitLines(limits: readonly ExplainedLimit[]): string[] {
  return limits.map((limit) => {
    const { of, name, callsPerSecond, burst, concurrentCalls, maxCallSeconds, scope, refusal } = limit
    const says = [
      ...(callsPerSecond === undefined
        ? []
        : [`${callsPerSecond} calls per second, ${burst ?? callsPerSecond} at once`]),
      ...(concurrentCalls === undefined
        ? []
        : [`${concurrentCalls} calls at the same time, each counted for at most ${maxCallSeconds} s`]),
    ]
    const where = scope === 'Pod' ? 'in each pod' : 'in all pods together'
    return `${of} ${name}: ${says.join('; ')}; ${where}; beyond it ${refusal.join(', ')}`
  })
}
