import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import type { StatusLineSpec } from '../../crds/schema/status-line.ts'
import type { StatusLine, TrunkEntry } from '../../ingress/route-table/route-table.ts'
import { reasonPhrase } from '../../ingress/text/reason-phrase.ts'
import { numberPredicates } from './number-predicate.ts'
import { createdAt, objectKey } from './object-name.ts'
import { networkText } from './source-network.ts'

/** Makes the compiled form of a trunk. */
export function trunkEntry(trunk: SipTrunk): TrunkEntry {
  const { spec, metadata } = trunk
  const { defaultRegion, calledFrom, callingFrom, unreadable } = spec.numbers
  return {
    kind: 'trunk',
    name: objectKey(metadata),
    namespace: metadata.namespace,
    createdAt: createdAt(metadata),
    sources: spec.sources.map(networkText),
    trustedProxies: spec.trustedProxies.map(networkText),
    transports: spec.transports,
    called: numberPredicates(spec.called),
    numbers: {
      ...(defaultRegion === undefined ? {} : { defaultRegion }),
      ...{ calledFrom, callingFrom },
      ...(unreadable === 'Refuse' ? {} : { unreadable }),
    },
    responses: {
      noRule: statusLine(spec.responses.noRule),
      noBackend: statusLine(spec.responses.noBackend),
      ...(spec.responses.draining === undefined ? {} : { draining: statusLine(spec.responses.draining) }),
    },
    ...(spec.nat === 'Auto' ? {} : { nat: spec.nat }),
  }
}

/** The status of a refusal and its reason phrase. If the spec has no phrase, the usual phrase of the status is used. */
export function statusLine(spec: StatusLineSpec): StatusLine {
  return { status: spec.status, reason: spec.reason ?? reasonPhrase(spec.status) }
}
