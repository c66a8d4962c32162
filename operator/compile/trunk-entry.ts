import { durationMilliseconds } from '../../crds/schema/duration.ts'
import type { SipTrunk } from '../../crds/schema/sip-trunk.ts'
import type { StatusLineSpec } from '../../crds/schema/status-line.ts'
import type { OverLimitAnswer, StatusLine, TrunkEntry } from '../../ingress/route-table/route-table.ts'
import { reasonPhrase } from '../../ingress/text/reason-phrase.ts'
import { callLimit } from './call-limit.ts'
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
      ...(spec.responses.overLimit === undefined ? {} : { overLimit: overLimitAnswer(spec.responses.overLimit) }),
    },
    ...(spec.nat === 'Auto' ? {} : { nat: spec.nat }),
    ...(spec.limits === undefined ? {} : { limits: callLimit(spec.limits) }),
  }
}

type OverLimitSpec = NonNullable<SipTrunk['spec']['responses']['overLimit']>

/** RFC 3261 §20.33: Retry-After is in whole seconds. A part of a second is rounded up. */
function overLimitAnswer({ retryAfter, ...line }: OverLimitSpec): OverLimitAnswer {
  if (retryAfter === undefined) return statusLine(line)
  return { ...statusLine(line), retryAfter: Math.ceil(durationMilliseconds(retryAfter) / 1000) }
}

/** The status of a refusal and its reason phrase. If the spec has no phrase, the usual phrase of the status is used. */
export function statusLine(spec: StatusLineSpec): StatusLine {
  return { status: spec.status, reason: spec.reason ?? reasonPhrase(spec.status) }
}
