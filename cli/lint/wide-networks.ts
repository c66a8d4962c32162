/**
 * Finds networks in manifests that are wider than their author probably intends: they admit everyone, or every pod and node
 * of a private range. If a Service rewrites source addresses, strangers have the address of a node. A private range then
 * admits these strangers.
 */

import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import { fromWords, type IpPrefix, parseIpPrefix, prefixContains } from '../../ingress/address/ip-address.ts'
import type { LintFinding } from './finding.ts'

/** The private ranges of RFC 1918, RFC 6598 and RFC 4193. */
const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fd00::/8']

/**
 * The shortest usual prefix length for each family. A network with a shorter prefix contains a large part of the Internet.
 * The lengths count bits of the 128-bit form, as in `IpPrefix`.
 */
const SHORTEST_PREFIX = { 4: 96 + 8, 6: 16 } as const

const privatePrefixes = PRIVATE_RANGES.flatMap((text) => parseIpPrefix(text) ?? [])

/** One warning per network that is too wide. */
export function wideNetworkFindings(trunks: readonly SipTrunk[], rules: readonly DispatchRule[]): LintFinding[] {
  return [...trunks.flatMap(trunkFindings), ...rules.flatMap(ruleFindings)]
}

function trunkFindings({ metadata, spec }: SipTrunk): LintFinding[] {
  const object = `SipTrunk ${metadata.namespace}/${metadata.name}`
  return (['sources', 'trustedProxies'] as const).flatMap((list) =>
    spec[list].flatMap((network, i) => {
      const width = widthOf(network)
      if (!width) return []
      return [
        { severity: 'warning', object, field: `spec.${list}[${i}]`, code: width, message: text(width, network, list) },
      ]
    }),
  )
}

/**
 * Warnings about a rule's contact networks. A backend may give any private address in its Contact, so a wide
 * private network is normal. Only networks that contain every address are reported.
 */
function ruleFindings({ metadata, spec }: DispatchRule): LintFinding[] {
  const object = `DispatchRule ${metadata.namespace}/${metadata.name}`
  return (spec.action.route?.contactNetworks ?? []).flatMap((network, i) => {
    if (widthOf(network) !== 'admits_everyone') return []
    const message = `${network} lets a backend send calls anywhere: name the networks of its media servers`
    return [
      {
        severity: 'warning',
        object,
        field: `spec.action.route.contactNetworks[${i}]`,
        code: 'admits_everyone',
        message,
      },
    ]
  })
}

function widthOf(network: string): 'admits_everyone' | 'admits_private_range' | undefined {
  const prefix = parseIpPrefix(network)
  if (!prefix) return undefined
  if (prefix.length < SHORTEST_PREFIX[prefix.family] && !privatePrefixes.some((range) => covers(range, prefix))) {
    return 'admits_everyone'
  }
  return privatePrefixes.some((range) => covers(prefix, range)) ? 'admits_private_range' : undefined
}

function covers(outer: IpPrefix, inner: IpPrefix): boolean {
  return outer.length <= inner.length && prefixContains(outer, fromWords([...inner.words]))
}

function text(width: 'admits_everyone' | 'admits_private_range', network: string, list: 'sources' | 'trustedProxies') {
  const verb = list === 'sources' ? 'admits' : 'believes'
  const advice = list === 'sources' ? "list the carrier's own addresses" : "list the proxies' own addresses"
  if (width === 'admits_everyone') return `${network} ${verb} everyone, or nearly so: ${advice}`
  return `${network} ${verb} a whole private range, and with it strangers whose source a Service rewrites: ${advice}`
}
