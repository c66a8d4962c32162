import { z } from 'zod'
import { apiObject, objectName } from './api-object.ts'
import { callLimits } from './call-limits.ts'
import { headerMatches } from './header-match.ts'
import { MAX_CONTACTS, MAX_TRUNK_REFS, MAX_URI_LENGTH } from './limits.ts'
import { numberMatches } from './number-match.ts'
import { readObject } from './read-object.ts'
import { route } from './route.ts'
import { schedule } from './schedule.ts'
import { statusLine } from './status-line.ts'
import { uniqueObjects, type ValidationRule, withRules } from './validation-rule.ts'

/**
 * The URI of a redirection. The proxy writes it between angle brackets (RFC 3261 §20.10), so the URI itself must not contain
 * angle brackets.
 */
const contactUri = z
  .string()
  .min(1)
  .max(MAX_URI_LENGTH)
  .regex(
    /^(sips?|tel):[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/,
    'is not a sip:, sips: or tel: URI, or holds a character that a URI cannot carry',
  )

const contact = z.strictObject({
  uri: contactUri.describe('A sip:, sips: or tel: URI, such as sip:other@example.com.'),
  q: withRules(z.number().min(0).max(1), {
    // A number with up to three decimals becomes a whole number when it is multiplied by 1000. This is also true for binary
    // floating-point numbers.
    cel: 'self * 1000.0 == double(int(self * 1000.0))',
    message: 'has more than three decimals (RFC 3261 §25.1 qvalue)',
    holds: (q) => Number.isInteger(q * 1000),
  })
    .optional()
    .describe(
      'Preference among the contacts, 0 to 1 with at most three decimals; higher is better. Default: no preference is told.',
    ),
})

const redirect = z.strictObject({
  contacts: uniqueObjects(z.array(contact).min(1).max(MAX_CONTACTS), 'uri').describe(
    'Where the caller may try instead, 1 to 16 URIs.',
  ),
})

const ACTION_PARTS = { Route: 'route', Redirect: 'redirect', Reject: 'reject' } as const
type ActionType = keyof typeof ACTION_PARTS
type ActionShape = { type: ActionType; route?: unknown; redirect?: unknown; reject?: unknown }

/** An action must have the part that belongs to its type, and no other part. */
function actionRules(type: ActionType): ValidationRule<ActionShape>[] {
  const field = ACTION_PARTS[type]
  return [
    {
      cel: `self.type != '${type}' || has(self.${field})`,
      message: `type ${type} needs ${field}`,
      holds: (action) => action.type !== type || action[field] !== undefined,
    },
    {
      cel: `self.type == '${type}' || !has(self.${field})`,
      message: `${field} belongs to type ${type} only`,
      field,
      holds: (action) => action.type === type || action[field] === undefined,
    },
  ]
}

const action = withRules(
  z.strictObject({
    type: z
      .enum(['Route', 'Redirect', 'Reject'])
      .describe(
        'What happens to the call. The field of the same name, and no other, goes with it: type Route with route.',
      ),
    route: route.optional().describe('With type Route: the backends that take the call.'),
    redirect: redirect.optional().describe('With type Redirect: the call is answered 302 with these contacts.'),
    reject: statusLine.optional().describe('With type Reject: the call is refused with this status, such as 404.'),
  }),
  ...actionRules('Route'),
  ...actionRules('Redirect'),
  ...actionRules('Reject'),
)

const match = z.strictObject({
  called: numberMatches.describe('Conditions on the called number; one must hold. Default: every number.'),
  calling: numberMatches.describe('Conditions on the calling number; one must hold. Default: every number.'),
  headers: headerMatches.describe('Conditions on headers; all must hold. Default: none.'),
  schedule: schedule.optional().describe('When the rule takes calls: hours, holidays, dates. Default: always.'),
})

const trunkRef = z.strictObject({ name: objectName.describe('The name of a SipTrunk of the same namespace.') })

const INT32 = { min: -2_147_483_648, max: 2_147_483_647 }

const dispatchRuleFields = z
  .strictObject({
    priority: z
      .int()
      .min(INT32.min)
      .max(INT32.max)
      .default(0)
      .describe(
        'Rules of a higher priority are looked at first. Among equals the more specific, then the older rule comes first. Default: 0; negative numbers are for what is to come last.',
      ),
    trunkRefs: uniqueObjects(z.array(trunkRef).max(MAX_TRUNK_REFS), 'name')
      .default([])
      .describe('Trunks whose calls the rule takes. Default: every trunk of the namespace.'),
    match: match.prefault({}).describe('Which calls the rule takes; every field must hold. Default: all.'),
    action: action.describe('What happens to a call that the rule takes.'),
    limits: callLimits
      .optional()
      .describe(
        "How many calls the rule takes, of all its trunks together. What is beyond gets responses.overLimit of the call's trunk, and no other rule is tried. Default: no limit.",
      ),
  })
  .describe('Which calls the rule takes, before which others, and what becomes of them.')

/** The schema of a DispatchRule's spec, with defaults and bounds. */
export const dispatchRuleSpec = withRules(dispatchRuleFields, {
  cel: "!has(self.limits) || !has(self.limits.concurrentCalls) || self.action.type == 'Route'",
  message: 'concurrentCalls counts calls that are sent to a backend, so it needs an action of type Route',
  field: 'limits',
  holds: ({ limits, action: { type } }) => limits?.concurrentCalls === undefined || type === 'Route',
})

const dispatchRule = apiObject('DispatchRule', dispatchRuleSpec)

/** A DispatchRule after the schema has accepted it. Absent fields have their defaults. */
export type DispatchRule = z.output<typeof dispatchRule>

/** Checks a DispatchRule against its schema. Returns it with its defaults, or its faults. */
export const readDispatchRule = (value: unknown) => readObject(dispatchRule, value)
