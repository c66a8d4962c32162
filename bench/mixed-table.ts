/** A table like that of a carrier: a trunk, and rules with every kind of condition for called numbers. */
import type { NumberPredicate, RuleEntry, TableEntry, TrunkEntry } from '../ingress/route-table/route-table.ts'
import { FIRST_NUMBER, NUMBER_STEP } from './numbering.ts'

const UNAVAILABLE = { status: 503, reason: 'Service Unavailable' }

/** Of so many rules, the first `EXACT_OF_BLOCK` are for one number each. */
const BLOCK = 20
const EXACT_OF_BLOCK = 14

export const trunk: TrunkEntry = {
  kind: 'trunk',
  name: 'voice/acme',
  namespace: 'voice',
  createdAt: 1,
  sources: ['203.0.113.0/24', '198.51.100.0/25', '2001:db8::/48'],
  trustedProxies: [],
  transports: ['UDP', 'TCP'],
  called: [{ type: 'prefix', value: '+' }],
  numbers: { defaultRegion: 'US', calledFrom: 'RequestURI', callingFrom: 'From' },
  responses: { noRule: UNAVAILABLE, noBackend: UNAVAILABLE },
}

/** The predicate for the number of the i-th rule. */
export function exact(i: number): NumberPredicate {
  return { type: 'exact', value: `+1${FIRST_NUMBER + i * NUMBER_STEP}` }
}

/** Of twenty rules, fourteen are for a number, four for a prefix, one for a range and one for an anchored expression. */
export function mixed(i: number): readonly NumberPredicate[] {
  const block = 400_000 + Math.floor(i / BLOCK)
  if (i % BLOCK < EXACT_OF_BLOCK) return [exact(i)]
  if (i % BLOCK < 18) return [{ type: 'prefix', value: `+1${block}${i % BLOCK}` }]
  if (i % BLOCK === 18) return [{ type: 'range', from: `+44${block}1000`, to: `+44${block}5678` }]
  return [{ type: 'regex', pattern: `^\\+39${block}[0-4]\\d+$` }]
}

/** A rule near the i-th whose predicate by `mixed` is for one number. */
export function exactRuleNear(i: number): number {
  return i - (i % BLOCK) + ((i % BLOCK) % EXACT_OF_BLOCK)
}

export function ruleOf(i: number, predicates: readonly NumberPredicate[], priority = 0): RuleEntry {
  return {
    kind: 'rule',
    name: `voice/rule-${i}`,
    namespace: 'voice',
    createdAt: 1_700_000_000_000 + i,
    priority,
    trunks: i % 2 === 0 ? ['voice/acme'] : [],
    called: predicates,
    calling: [],
    headers: [],
    schedule: [],
    action: {
      type: 'Route',
      backends: [{ uri: 'sip:10.0.0.5:5060', address: '10.0.0.5', port: 5060, uriParameters: '', weight: 1, tier: 0 }],
      contactNetworks: [],
      setHeaders: [],
      removeHeaders: [],
      backendTimeout: 2000,
      ringingTimeout: 120_000,
      failoverOn: ['timeout', 'transport', '503'],
      failover: 'Always',
    },
  }
}

/** An entry in the form that a pod has it: parsed from the shared cache's JSON. */
export function received(entry: TableEntry): TableEntry {
  const parsed: TableEntry = JSON.parse(JSON.stringify(entry))
  return parsed
}
