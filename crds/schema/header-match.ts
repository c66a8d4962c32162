import { z } from 'zod'
import { MAX_HEADER_ENTRIES } from './limits.ts'
import { headerName, headerText, regexText } from './message-text.ts'
import { exactlyOneOf, withRules } from './validation-rule.ts'

const headerMatch = withRules(
  z.strictObject({
    name: headerName.describe('The long name of the header, such as X-Tenant, in any case.'),
    exact: headerText.optional().describe('The whole value of the header, case included.'),
    prefix: headerText.optional().describe('What the value of the header begins with, case included.'),
    regex: regexText.optional().describe('An RE2 expression, searched anywhere in the value: anchor it with ^ and $.'),
    present: z.boolean().optional().describe('true: the header must be there, whatever its value. false: it must not.'),
  }),
  exactlyOneOf('exact', 'prefix', 'regex', 'present'),
)

/** A header condition as users write it. It has the name and exactly one other field. */
export type HeaderMatch = z.output<typeof headerMatch>

/** A list of header conditions. All conditions must hold. */
export const headerMatches = z.array(headerMatch).max(MAX_HEADER_ENTRIES).default([])
