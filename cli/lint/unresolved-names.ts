/** Finds names of backends that do not resolve from this machine. Pods may ask another DNS, so this is a warning. */
import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { Nameserver } from '../../ingress/resolve/dns-exchange.ts'
import { type NamedPlace, placeText } from '../../ingress/route-table/route-table.ts'
import { namedPlace } from '../../operator/compile/named-place.ts'
import { lookUpNames } from '../name-look-up.ts'
import type { LintFinding } from './finding.ts'

interface NamedBackend {
  readonly rule: DispatchRule
  readonly uri: string
  readonly field: string
  readonly place: NamedPlace
}

/** One warning for each backend whose name does not resolve. Each name is looked up once. */
export async function unresolvedNameFindings(
  rules: readonly DispatchRule[],
  servers: readonly Nameserver[],
): Promise<LintFinding[]> {
  const named = rules.flatMap(namedBackends)
  const names = await lookUpNames(
    named.map(({ place }) => place),
    servers,
  )
  return named.flatMap(({ rule: { metadata }, uri, field, place }): LintFinding[] => {
    const location = names.get(placeText(place))
    if (location === undefined || location.type === 'found') return []
    const object = `DispatchRule ${metadata.namespace}/${metadata.name}`
    const message = `${uri} does not resolve from this machine (${location.fault}: ${location.detail}); pods may ask another DNS`
    return [{ severity: 'warning', object, field, code: 'name_unresolved', message }]
  })
}

function namedBackends(rule: DispatchRule): NamedBackend[] {
  const backends = rule.spec.action.route?.backends ?? []
  return backends.flatMap(({ uri }, at) => {
    const place = uri === undefined ? undefined : namedPlace(uri)
    if (uri === undefined || !place) return []
    return [{ rule, uri, field: `spec.action.route.backends[${at}].uri`, place }]
  })
}
