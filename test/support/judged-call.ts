/** One INVITE to a whole ingress in memory, and its result. */
import type { RouteAction, RuleEntry, TrunkEntry } from '../../ingress/route-table/route-table.ts'
import { B1, PEER, routeAction, ruleEntry, startHarness, trunkEntry } from './engine-harness.ts'
import { type RequestText, requestText, statusOf } from './sip-text.ts'

export interface Judged {
  /** Name of the rule that matched; undefined where none did. */
  readonly rule: string | undefined
  /** The final status that the caller received; undefined while a backend has not answered. */
  readonly status: number | undefined
  /** Request-URI at the backend; undefined where the backend was not called. */
  readonly uri: string | undefined
  readonly reason: string | undefined
  readonly explanation: string
}

export interface JudgedBy {
  readonly numbers?: Partial<TrunkEntry['numbers']>
  readonly route?: Partial<RouteAction>
  /** Predicates in place of those of the Reject for `+1900`. */
  readonly reject?: Pick<Partial<RuleEntry>, 'called' | 'calling'>
}

/** A rule that rejects some numbers with 403, above a rule that routes every other call to B1. */
export async function judged(change: RequestText, by: JudgedBy = {}): Promise<Judged> {
  const { network, events, calls, sentTo } = await startHarness({
    entries: [
      trunkEntry({ numbers: { calledFrom: 'RequestURI', callingFrom: 'From', ...by.numbers } }),
      ruleEntry({
        ...{ name: 'default/premium', priority: 1, called: [{ type: 'prefix', value: '+1900' }] },
        ...{ action: { type: 'Reject', status: 403, reason: 'Forbidden' }, ...by.reject },
      }),
      ruleEntry({ name: 'default/all', called: [], action: routeAction(by.route) }),
    ],
  })
  network.deliver(PEER, Buffer.from(requestText(change), 'utf8'))
  const won = events.find((event) => event.type === 'rule-won')
  const final = sentTo(PEER)
    .map(statusOf)
    .find((status) => status >= 200)
  const [call] = calls()
  return {
    rule: won?.rule,
    status: final,
    uri: sentTo(B1)[0]?.split(' ')[1],
    reason: call?.noRuleReason,
    explanation: call?.reason ?? '',
  }
}

/**
 * The number that a simple gateway dials: it drops everything but digits from the user before its parameters. Undefined without
 * a user.
 */
export function dialledDigits(uri: string): string | undefined {
  const user = /^sip:([^@:]*)(?::[^@]*)?@/.exec(uri)?.[1]
  if (user === undefined) return undefined
  const bytes = user.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return (bytes.split(';')[0] ?? '').replace(/[^0-9]/g, '')
}
