import { z } from 'zod'
import { backendService, serviceText } from './backend-service.ts'
import { backendUri } from './backend-uri.ts'
import { durationBetween } from './duration.ts'
import { healthCheck } from './health-check.ts'
import {
  MAX_BACKENDS,
  MAX_FAILOVER_CONDITIONS,
  MAX_HEADER_ENTRIES,
  MAX_NETWORKS,
  MAX_TIER,
  MAX_WEIGHT,
} from './limits.ts'
import { editableHeaderName, headerTemplate, userTemplate } from './message-text.ts'
import { networkList } from './network.ts'
import { exactlyOneOf, uniqueBy, uniqueStrings, withRules } from './validation-rule.ts'

const backend = withRules(
  z.strictObject({
    uri: backendUri
      .optional()
      .describe(
        'sip: with an IP address or a host name, a port and plain parameters such as ;transport=tcp. With an address the default port is 5060. A name is looked up as RFC 3263 says: NAPTR, SRV and addresses without a port, addresses alone with one. Write uri or service.',
      ),
    service: backendService
      .optional()
      .describe(
        'A Service, whose ready endpoints share the calls evenly. Endpoints that terminate keep the calls that they have. Write uri or service.',
      ),
    weight: z
      .int()
      .min(0)
      .max(MAX_WEIGHT)
      .default(1)
      .describe(
        'Share of the calls among the backends of the same tier, 0 to 1000: 90 beside 10 is nine calls of ten. A backend of weight 0 takes no calls. Default: 1.',
      ),
    tier: z
      .int()
      .min(0)
      .max(MAX_TIER)
      .default(0)
      .describe('Backends of a higher tier, 0 to 15, are tried when those of lower tiers have failed. Default: 0.'),
    healthCheck: healthCheck
      .optional()
      .describe('How pods ask this backend whether it is alive. Default: what the route says.'),
  }),
  exactlyOneOf('uri', 'service'),
)

type BackendSpec = z.output<typeof backend>

const SAME_TRANSPORT =
  "(has(a.service.transport) ? a.service.transport : '') == (has(b.service.transport) ? b.service.transport : '')"

const backends = withRules(
  z.array(backend).min(1).max(MAX_BACKENDS),
  uniqueBy(
    ({ uri }: BackendSpec) => uri,
    'self.all(a, !has(a.uri) || self.exists_one(b, has(b.uri) && b.uri == a.uri))',
    'a URI can be a backend once',
  ),
  uniqueBy(
    ({ service }: BackendSpec) => service && serviceText(service),
    `self.all(a, !has(a.service) || self.exists_one(b, has(b.service) && b.service.name == a.service.name && b.service.port == a.service.port && ${SAME_TRANSPORT}))`,
    'a port of a Service can be a backend once',
  ),
)

const setHeader = z.strictObject({
  name: editableHeaderName.describe(
    'The long name of the header, such as X-Trunk. Values that the caller sent under it are replaced.',
  ),
  value: headerTemplate.describe(
    "The value, such as {trunk}; {called}, {calling}, {trunk} and {rule} are filled in. What a caller has written changes nothing but its own place: between quotation marks it is escaped with backslashes, elsewhere everything but letters, digits and _.!~*'+- becomes %HH of its UTF-8. A rule with a placeholder where neither can be (a host, a name) is not accepted.",
  ),
})

const headers = z.strictObject({
  set: withRules(
    z.array(setHeader).max(MAX_HEADER_ENTRIES),
    uniqueBy(
      (header) => header.name.toLowerCase(),
      'self.all(a, self.exists_one(b, b.name.lowerAscii() == a.name.lowerAscii()))',
      'a header can be set once',
    ),
  )
    .default([])
    .describe(
      'Headers that every request of the caller to the backend carries, inside the call too, beside or instead of those that the caller sent.',
    ),
  remove: uniqueStrings(z.array(editableHeaderName).max(MAX_HEADER_ENTRIES))
    .default([])
    .describe(
      'Long names of headers of the caller that the backend does not see in any request of the call, such as X-Internal.',
    ),
})

const timeouts = z.strictObject({
  // The limit is the time of Timer B, which ends a transaction without a response after 32 s (RFC 3261 §17.1.1.2).
  backend: durationBetween('100ms', '32s')
    .default('2s')
    .describe('How long a backend may stay silent before the next one is tried, 100ms to 32s. Default: 2s.'),
  // The limit is below Timer C, which lasts more than three minutes (RFC 3261 §16.6 step 11). A longer time would have no
  // effect, because Timer C would end the call first.
  ringing: durationBetween('1s', '180s')
    .default('120s')
    .describe('How long a call may ring before it is cancelled and the caller gets 408, 1s to 180s. Default: 120s.'),
})

const failoverCondition = withRules(
  z
    .string()
    .max(9)
    .regex(/^(timeout|transport|[3-6][0-9]{2})$/, 'is not timeout, transport or a status from 300 to 599 in quotes'),
  {
    // RFC 3261 §16.7 step 5: after a 6xx the proxy starts no new branch.
    cel: "!self.startsWith('6')",
    message: 'a 6xx ends the search for a backend (RFC 3261 §16.7): it cannot fail over',
    holds: (text) => !text.startsWith('6'),
  },
)

/** The failures that count against a backend. */
const EJECT_CONDITIONS = ['timeout', 'transport', '503'] as const

/** The schema of a rule's backends, and of how the ingress sends calls to them. */
export const route = z.strictObject({
  backends: backends.describe('Where the call goes, 1 to 64 backends.'),
  requestUser: userTemplate
    .optional()
    .describe(
      "The user of the Request-URI towards the backend, such as {called}; {called}, {calling}, {trunk} and {rule} are filled in, with everything but letters, digits and _.!~*'+- as %HH; what you write beside them stays as it is. Default: what the caller sent.",
    ),
  headers: headers
    .prefault({})
    .describe(
      'Headers of the requests to the backend: of the INVITE and of every later one of the caller in that call.',
    ),
  timeouts: timeouts.prefault({}).describe('How long to wait for a backend.'),
  failoverOn: uniqueStrings(z.array(failoverCondition).max(MAX_FAILOVER_CONDITIONS))
    .default(['timeout', 'transport', '500', '503'])
    .describe(
      'After what the next backend is tried: timeout (it stayed silent), transport (it could not be reached), or statuses from 300 to 599 in quotes. Default: timeout, transport, "500" and "503".',
    ),
  failover: z
    .enum(['Always', 'BeforeRinging'])
    .default('Always')
    .describe(
      'Always: the next backend is tried even after the caller has heard ringing. BeforeRinging: not after that. Default: Always.',
    ),
  healthCheck: healthCheck
    .optional()
    .describe('How pods ask the backends whether they are alive. Default: not at all, and calls alone find out.'),
  ejectOn: uniqueStrings(z.array(z.enum(EJECT_CONDITIONS)).max(EJECT_CONDITIONS.length))
    .optional()
    .describe(
      'Which failures of the calls of this rule count against a backend: timeout (it stayed silent), transport (it could not be reached), "503". After several of them calls go elsewhere for a while. Leave out "503" if the backends send it for single calls. Default: all three.',
    ),
  contactNetworks: networkList({ min: 0, max: MAX_NETWORKS })
    .default([])
    .describe(
      "Networks that a backend's call may move to inside a dialog, such as 10.0.0.0/8. Default: none but the backends themselves.",
    ),
})

/** A route after the schema has accepted it. */
export type RouteSpec = z.output<typeof route>
