import { isSupportedCountry } from 'libphonenumber-js'
import { z } from 'zod'
import { apiObject } from './api-object.ts'
import { callLimits } from './call-limits.ts'
import { durationBetween } from './duration.ts'
import { MAX_NETWORKS, MAX_SOURCES } from './limits.ts'
import { networkList } from './network.ts'
import { numberMatches } from './number-match.ts'
import { readObject } from './read-object.ts'
import { statusLine } from './status-line.ts'
import { uniqueStrings, withRules } from './validation-rule.ts'

/**
 * A region whose numbering plan the ingress knows. The API server checks only the form, because the list of regions is part of
 * the library that reads the numbers.
 */
const regionCode = z
  .string()
  .length(2)
  .regex(/^[A-Z]{2}$/, 'is not an ISO 3166 alpha-2 code: two capital letters such as US')
  .refine((code) => !/^[A-Z]{2}$/.test(code) || isSupportedCountry(code), {
    message: 'is not a region with a numbering plan (the United Kingdom is GB)',
  })

const numbers = z.strictObject({
  defaultRegion: regionCode
    .optional()
    .describe(
      'The ISO 3166 alpha-2 region, such as US, whose national numbers become E.164. Default: none do. Digits that are no number are compared as dialled.',
    ),
  calledFrom: z
    .enum(['RequestURI', 'To'])
    .default('RequestURI')
    .describe(
      'Where the called number stands: the user of the Request-URI or of To. With To, that user is also what a backend gets unless the rule says requestUser. Default: RequestURI.',
    ),
  callingFrom: z
    .enum(['From', 'PAI'])
    .default('From')
    .describe(
      'Where the calling number stands: the user of From or of P-Asserted-Identity. PAI also says that this trunk is trusted to assert identities (RFC 3325): only then are P-Asserted-Identity and Remote-Party-ID passed on to backends. Default: From.',
    ),
  unreadable: z
    .enum(['Refuse', 'AsWritten'])
    .default('Refuse')
    .describe(
      'A number that a gateway might dial as another one than rules have compared, such as ++1900 or +01900. Refuse: such a called number gets responses.noRule, and so does such a calling number once a rule asks for it. AsWritten: it is compared as it is written. Default: Refuse.',
    ),
})

const SERVICE_UNAVAILABLE = { status: 503, reason: 'Service Unavailable' }

/** The statuses that may have a Retry-After (RFC 3261 §20.33). */
const RETRY_AFTER_STATUSES: readonly number[] = [404, 413, 480, 486, 500, 503, 600, 603]

const overLimit = withRules(
  statusLine.extend({
    retryAfter: durationBetween('1s', '1h')
      .optional()
      .describe(
        'Asks the carrier to wait this long, in whole seconds, where a limit of the trunk refuses: it then sends no call at all to this address, also if several pods share it. A limit of a rule never asks. Default: the carrier is not asked.',
      ),
  }),
  {
    cel: `!has(self.retryAfter) || self.status in [${RETRY_AFTER_STATUSES.join(', ')}]`,
    message: `goes with the statuses ${RETRY_AFTER_STATUSES.join(', ')} only (RFC 3261 §20.33)`,
    field: 'retryAfter',
    holds: ({ retryAfter, status }) => retryAfter === undefined || RETRY_AFTER_STATUSES.includes(status),
  },
)

const responses = z.strictObject({
  noRule: statusLine
    .default(SERVICE_UNAVAILABLE)
    .describe('The answer to a call that no rule matches. Default: 503 Service Unavailable.'),
  noBackend: statusLine
    .default(SERVICE_UNAVAILABLE)
    .describe('The answer to a call for which no backend answered at all. Default: 503 Service Unavailable.'),
  draining: statusLine
    .optional()
    .describe('The answer to a call that reaches a pod while it shuts down. Default: 503 Service Unavailable.'),
  overLimit: overLimit
    .optional()
    .describe(
      'The answer to a call that a limit of the trunk or of its rule refuses. Default: 503 Service Unavailable, without Retry-After.',
    ),
})

/** The schema of a SipTrunk's spec, with defaults and bounds. */
export const sipTrunkSpec = z
  .strictObject({
    sources: networkList({ min: 1, max: MAX_SOURCES }).describe(
      'Addresses and networks from which calls are admitted, as the packet carries them, such as 203.0.113.0/24. Everyone else gets no answer at all.',
    ),
    trustedProxies: networkList({ min: 0, max: MAX_NETWORKS })
      .default([])
      .describe(
        'Proxies in front of this ingress, such as 10.0.0.0/8: for their packets the source is the address that they wrote into Via. Default: none.',
      ),
    transports: uniqueStrings(
      z
        .array(z.enum(['UDP', 'TCP']))
        .min(1)
        .max(2),
    )
      .default(['UDP', 'TCP'])
      .describe('Transports over which the trunk may call. Default: UDP and TCP.'),
    called: numberMatches.describe('Numbers that the trunk owns; one entry must hold. Default: every number.'),
    numbers: numbers.prefault({}).describe('How numbers are read from a request.'),
    responses: responses
      .prefault({})
      .describe('Answers to calls that cannot be served; carriers differ in what they make of them.'),
    limits: callLimits
      .optional()
      .describe('How much the trunk may call. What is beyond gets responses.overLimit. Default: no limit.'),
    nat: z
      .enum(['Auto', 'Source', 'Contact'])
      .default('Auto')
      .describe(
        'Where a backend reaches the caller inside a call, with a BYE for one. Auto: at the Contact, but at the address and port that its packets come from where the Contact has a private address that is another. Source: always there. Contact: always at the Contact, where that is an address. Behind a proxy that record-routes, and for Auto behind a trusted proxy, the proxy is asked instead. Default: Auto.',
      ),
  })
  .describe('Who may call, how their numbers are read and what they are told when a call is refused.')

const sipTrunk = apiObject('SipTrunk', sipTrunkSpec)

/** A SipTrunk after the schema has accepted it. Absent fields have their defaults. */
export type SipTrunk = z.output<typeof sipTrunk>

/** Checks a SipTrunk against its schema. Returns it with its defaults, or its faults. */
export const readSipTrunk = (value: unknown) => readObject(sipTrunk, value)
