/**
 * The schemas of texts that are written into a SIP message. A text must not contain control characters. Otherwise a value could
 * end its own line and begin another header (RFC 3261 §7.3).
 */
import { RE2JS, RE2JSException } from 're2js'
import { z } from 'zod'
import {
  MAX_HEADER_NAME_LENGTH,
  MAX_HEADER_VALUE_LENGTH,
  MAX_NUMBER_LENGTH,
  MAX_REASON_LENGTH,
  MAX_REGEX_LENGTH,
} from './limits.ts'
import { type ValidationRule, withRules } from './validation-rule.ts'

const NO_CONTROL = /^\P{Cc}*$/u
const NO_CONTROL_MESSAGE = 'holds a line break or another control character, which a SIP message cannot carry'

const plainText = (max: number) => z.string().min(1).max(max).regex(NO_CONTROL, NO_CONTROL_MESSAGE)

/** A number or a user name, whole or only its beginning. */
export const numberText = plainText(MAX_NUMBER_LENGTH)

/** A reason phrase (RFC 3261 §25.1 Reason-Phrase). */
export const reasonPhrase = plainText(MAX_REASON_LENGTH)

/** A text with which the value of a header is compared. */
export const headerText = plainText(MAX_HEADER_VALUE_LENGTH)

/** Whether a text is a valid RE2 expression. The API server uses RE2, and so do the ingress pods. */
function compilesAsRe2(pattern: string): boolean {
  try {
    RE2JS.compile(pattern)
    return true
  } catch (error) {
    if (error instanceof RE2JSException) return false
    throw error
  }
}

/** An RE2 expression. RE2 does not use backtracking, so no expression can stop a pod for a long time. */
export const regexText = withRules(z.string().min(1).max(MAX_REGEX_LENGTH), {
  // If the expression is not valid, the comparison below raises an error. For the API server, an error means that the rule does
  // not hold.
  cel: "''.matches(self) in [true, false]",
  message: 'is not an RE2 expression (no look-around, no back-references)',
  holds: compilesAsRe2,
})

/**
 * The name of a header: a token (RFC 3261 §25.1). Compact forms of one letter (§7.3.3) are refused, so that each header has
 * exactly one name.
 */
export const headerName = z
  .string()
  .min(2, 'is a compact form: write the long name of the header')
  .max(MAX_HEADER_NAME_LENGTH)
  .regex(/^[A-Za-z0-9.!%*_+`'~-]+$/, "is not a header name: letters, digits and -.!%*_+`'~ only")

/** Headers that decide where a request goes or to which dialog it belongs. Only the proxy may write them. */
const OWN_HEADERS = [
  ...['call-id', 'contact', 'content-encoding', 'content-length', 'content-type', 'cseq', 'from', 'max-breadth'],
  ...['max-forwards', 'path', 'proxy-require', 'record-route', 'require', 'route', 'service-route', 'to', 'via'],
]

/** The name of a header that a rule may set or remove. */
export const editableHeaderName = withRules(headerName, {
  cel: `!(self.lowerAscii() in [${OWN_HEADERS.map((name) => `'${name}'`).join(', ')}])`,
  message: 'the proxy itself writes this header: a rule cannot set or remove it',
  holds: (name) => !OWN_HEADERS.includes(name.toLowerCase()),
})

const PLACEHOLDERS = ['called', 'calling', 'trunk', 'rule']

const knownPlaceholders: ValidationRule<string> = {
  cel: "self.matches('^([^{}]|[{](called|calling|trunk|rule)[}])*$')",
  message: 'only {called}, {calling}, {trunk} and {rule} can stand in braces',
  holds: (text) => strayBrace(text) === undefined,
  explain: (text) => `${strayBrace(text) ?? ''}: only {called}, {calling}, {trunk} and {rule} can stand in braces`,
}

/** A header value in which placeholders such as `{called}` may stand. */
export const headerTemplate = withRules(headerText, knownPlaceholders)

/**
 * A user part in which placeholders may stand. All other text must be valid in a user (RFC 3261 §25.1). The proxy escapes the
 * value that replaces a placeholder.
 */
export const userTemplate = withRules(
  z
    .string()
    .min(1)
    .max(MAX_NUMBER_LENGTH)
    .regex(
      /^([A-Za-z0-9_.!~*'()&=+$,;?/{}-]|%[0-9A-Fa-f]{2})+$/,
      'holds a character that a SIP user cannot carry: write it as %HH (RFC 3261 §25.1)',
    ),
  knownPlaceholders,
)

/** The first brace that is not part of a known placeholder, together with the text that follows the brace. */
function strayBrace(text: string): string | undefined {
  const rest = text.replace(/\{([a-z]+)\}/g, (whole, name: string) => (PLACEHOLDERS.includes(name) ? '' : whole))
  return /\{[^{}]*\}?|\}/.exec(rest)?.[0]
}
