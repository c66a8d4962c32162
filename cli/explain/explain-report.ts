/** Everything that `explain` reports, as plain values. They are printed as JSON or as text. */
import { trunkOf } from '../../ingress/lookup/choose-trunk.ts'
import { type CallExplanation, explainCall } from '../../ingress/lookup/explain.ts'
import { judgedSourceText } from '../../ingress/lookup/judged-source.ts'
import { createLiveTable } from '../../ingress/lookup/live-table.ts'
import {
  type Backend,
  backendName,
  type NamedPlace,
  placeText,
  type RuleEntry,
} from '../../ingress/route-table/route-table.ts'
import { compile } from '../../operator/compile/compile.ts'
import type { Manifests } from '../../operator/watch/manifest-folder.ts'
import { MAX_EXPLAINED_FINDINGS } from '../limits.ts'
import type { LintFinding } from '../lint/finding.ts'
import { lintFindings } from '../lint/lint-findings.ts'
import type { LookedUpNames } from '../name-look-up.ts'
import type { ExplainedCall } from './explain-config.ts'
import { sourceText } from './explain-config.ts'
import { decisionOnCluster, type ExplainedDecision, explainedDecision } from './explain-decision.ts'
import type { PassedOverBackend } from './explain-health.ts'
import { explainedInvite } from './explain-invite.ts'
import { type ExplainedLimit, explainedLimits } from './explain-limits.ts'
import { type NameShare, nameShare, namesOf } from './explain-names.ts'
import { ruleReason, trunkReason } from './explain-reason.ts'
import type { ExplainedTime } from './explain-time.ts'

/** A list that may be shortened. If it is too long, only the items that have most to do with the call are shown. */
interface Part<T> {
  readonly shown: readonly T[]
  readonly leftOut: number
}

interface Standing {
  /** `namespace/name` */
  readonly name: string
  readonly standing: string
  readonly reason: string
}

/** One backend. The list of backends has the order in which calls try them. */
export interface BackendShare {
  /** The URI, or the name that the Service has in the table. */
  readonly name: string
  readonly service: boolean
  /** What DNS says now about the name of the backend. Absent for another backend, and if nobody asked. */
  readonly lookUp?: NameShare
  readonly tier: number
  readonly weight: number
  /** Percent of the tier's calls that try this backend first. */
  readonly share: number
}

/** The report. A field that does not apply to this call is absent. */
export interface ExplainReport {
  readonly call: {
    readonly requestUri: string
    readonly from: string
    readonly source: string
    readonly transport: string
    /** When the call comes, in local time. Absent if no time was given and no rule has a schedule. */
    readonly at?: string
    /**
     * The address that was judged instead of the source, or words that say why no address could be judged. Absent if the
     * source is no trusted proxy.
     */
    readonly judgedSource?: string
  }
  /** How the choice of a trunk ended: admitted, not_owned, known or stranger. */
  readonly admission: string
  readonly trunk?: string
  /** The called number in the form in which numbers are compared. */
  readonly called?: string
  readonly calling?: string
  readonly trunks: Part<Standing>
  readonly rule?: string
  readonly rules: Part<Standing & { readonly priority: number }>
  /** Findings of the compiler about objects that do not work as their author wants. */
  readonly findings: Part<Pick<LintFinding, 'object' | 'code' | 'message'>>
  readonly backends: readonly BackendShare[]
  /** What a pod said of these backends. Absent if no pod was asked. */
  readonly passedOver?: readonly PassedOverBackend[]
  /** Changes of the request to a backend. The changes that every proxy must make are not listed. */
  readonly request?: { readonly user?: string; readonly set: readonly string[]; readonly removed: readonly string[] }
  /** The limits that hold for the call. */
  readonly limits: readonly ExplainedLimit[]
  readonly outcome: string
  readonly reason: string
  readonly wire: Wire
  /**
   * What happens to the call if an endpoint of the Service is ready. Present only if a Service takes the call: manifests in
   * a folder do not contain endpoints.
   */
  readonly onCluster?: { readonly outcome: string; readonly wire: Wire }
}

export interface Wire {
  /** The lines of the response. Empty if nothing is sent. */
  readonly response: readonly string[]
  /** The response if every backend fails and no backend has given a better response. */
  readonly everyBackendFails?: readonly string[]
}

/** Looks up names of backends. */
type LookUp = (places: readonly NamedPlace[]) => Promise<LookedUpNames>

/**
 * Compiles the manifests, decides the call as an ingress would, and reports why. `time`: when the call comes. `lookUp`: how the names of the rule's backends are
 * looked up. Without it, nothing is asked, and a name has no address.
 */
export async function explainReport(
  manifests: Manifests,
  call: ExplainedCall,
  time: ExplainedTime,
  lookUp: LookUp = () => Promise.resolve(new Map()),
): Promise<ExplainReport> {
  const { trunks, rules } = manifests
  const table = createLiveTable()
  table.load(compile({ trunks, rules }).entries, 1)
  const request = explainedInvite(call)
  const explanation = explainCall(table, request, time.at)
  const { trunkVerdict: verdict, ruleVerdict, judged } = explanation
  const trunk = trunkOf(verdict)
  const rule = ruleVerdict?.type === 'rule' ? ruleVerdict.rule : undefined
  const names = await lookUp(rule ? namesOf(rule) : [])
  for (const [place, location] of names) if (location.type === 'found') table.setServers(place, location.servers)
  const decision = explainedDecision(table, request, time.at)
  const later = rule && decision.outcome === 'no_backend' ? decisionOnCluster(table, rule, request, time.at) : undefined
  const onCluster = later?.outcome === 'forwarded' ? later : undefined
  const forwarding = (onCluster ?? decision).forwarding
  return {
    call: {
      ...{ requestUri: call.to, from: call.from, source: sourceText(call.source), transport: call.transport },
      ...(time.text !== undefined && { at: time.text }),
      ...(judged && { judgedSource: judgedSourceText(judged) }),
    },
    admission: verdict.type,
    ...(trunk && { trunk: trunk.name }),
    ...('called' in verdict && { called: verdict.called }),
    ...('calling' in verdict && { calling: verdict.calling }),
    ...standings(explanation, call),
    ...(rule && { rule: rule.name }),
    findings: findingsOf(manifests, trunk?.namespace),
    backends: rule ? backendShares(rule, names) : [],
    ...(forwarding && { request: requestOf(forwarding.plan) }),
    limits: explainedLimits(trunk, rule),
    outcome: decision.outcome,
    reason: decision.reason,
    wire: wireOf(decision),
    ...(onCluster && { onCluster: { outcome: onCluster.outcome, wire: wireOf(onCluster) } }),
  }
}

function standings(
  { trunkVerdict: verdict, trunks, rules }: CallExplanation,
  call: ExplainedCall,
): Pick<ExplainReport, 'trunks' | 'rules'> {
  const admitted = verdict.type === 'admitted' ? verdict : undefined
  const numbers = { called: admitted?.called ?? '', calling: admitted?.calling ?? '' }
  const context = { call, first: trunkOf(verdict) }
  return {
    trunks: {
      shown: trunks.shown.map((one) => ({
        ...{ name: one.trunk.name, standing: one.standing },
        reason: trunkReason(one, context),
      })),
      leftOut: trunks.leftOut,
    },
    rules: {
      shown: rules.shown.map((one) => ({
        ...{ name: one.rule.name, priority: one.rule.priority, standing: one.standing.type },
        reason: ruleReason(one, numbers),
      })),
      leftOut: rules.leftOut,
    },
  }
}

/** Problems of objects. Those in the namespace of the call's trunk come first. */
function findingsOf(manifests: Manifests, namespace: string | undefined): ExplainReport['findings'] {
  const errors = lintFindings(manifests).filter(({ severity }) => severity === 'error')
  const isNear = ({ object = '' }: LintFinding): boolean => object.split(' ')[1]?.split('/')[0] === namespace
  const ordered = [...errors.filter(isNear), ...errors.filter((finding) => !isNear(finding))]
  return {
    shown: ordered
      .slice(0, MAX_EXPLAINED_FINDINGS)
      .map(({ object = '', code, message }) => ({ object, code, message })),
    leftOut: Math.max(0, ordered.length - MAX_EXPLAINED_FINDINGS),
  }
}

/** Backends sorted by tier. Inside a tier they have the order of the rule. */
function backendShares({ action }: RuleEntry, names: LookedUpNames): BackendShare[] {
  if (action.type !== 'Route') return []
  const total = new Map<number, number>()
  for (const { tier, weight } of action.backends) total.set(tier, (total.get(tier) ?? 0) + weight)
  const share = ({ tier, weight }: Backend): number =>
    weight === 0 ? 0 : Math.round((1000 * weight) / (total.get(tier) ?? weight)) / 10
  return action.backends
    .toSorted((a, b) => a.tier - b.tier)
    .map((backend) => {
      const { tier, weight } = backend
      const location = 'host' in backend ? names.get(placeText(backend)) : undefined
      return {
        ...{ name: backendName(backend), service: 'service' in backend, tier, weight, share: share(backend) },
        ...(location && { lookUp: nameShare(location) }),
      }
    })
}

type Plan = NonNullable<ExplainedDecision['forwarding']>['plan']

function requestOf({ requestUser, setHeaders, removeHeaders }: Plan): NonNullable<ExplainReport['request']> {
  return {
    ...(requestUser !== undefined && { user: requestUser }),
    set: setHeaders.map(({ name, value }) => `${name}: ${value}`),
    removed: removeHeaders,
  }
}

function wireOf({ response, forwarding }: ExplainedDecision): Wire {
  return { response, ...(forwarding && { everyBackendFails: forwarding.exhausted }) }
}
