/** Templates of rules: what a caller has dialled or calls itself may hold anything, and changes nothing but its own place. */
import type { HeaderTemplate, Place, PlaceholderName } from '../route-table/header-template.ts'

/** What stands for the names in braces; undefined: not known. */
export type TemplateValues = { readonly [name in PlaceholderName]: string | undefined }

/** Safe in a user part, a parameter, a token and free text alike (RFC 3261 §25.1): no separator and no delimiter. */
const PLAIN = /^[A-Za-z0-9_.!~*'+-]*$/
/** The same for the bytes of UTF-8, for names of Kubernetes objects with the slash between namespace and name. */
const NOT_PLAIN = /[^A-Za-z0-9_.!~*'+-]/g
/** What ends a line, or is not to be seen, and what would be read as an escape of ours. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|%(?=[0-9A-Fa-f]{2})/gu
const USER = /\{(called|calling|trunk|rule)\}|[^A-Za-z0-9\-_.!~*'()&=+$,;?/%]/gu

/**
 * A header's value. Undefined where a value is not known, or where it is empty and nothing but it stands in a place that
 * must not be (the user part of a URI): the header is not set then.
 */
export function expandHeader({ parts }: HeaderTemplate, values: TemplateValues): string | undefined {
  let text = ''
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    const value = values[part.name]
    if (value === undefined || (value === '' && part.alone)) return undefined
    text += part.name === 'trunk' || part.name === 'rule' ? objectName(value, part.place) : escaped(value, part.place)
  }
  return text
}

/** The user of a Request-URI, as it stands there. Literal text has its escapes already; the schema has seen to it. */
export function expandUser(template: string, values: TemplateValues): string {
  return template.replace(USER, (match, name: PlaceholderName | undefined) => {
    if (name === undefined) return percentEncoded(match)
    const value = values[name] ?? ''
    return name === 'trunk' || name === 'rule' ? value : percentEncoded(value)
  })
}

function escaped(value: string, place: Place): string {
  if (place === 'quoted') return quotedText(value)
  return place === 'query' ? percentEncoded(value).replaceAll('+', '%2B') : percentEncoded(value)
}

/** Lower-case letters, digits, dots and hyphens, and one slash, which is no token character (RFC 3261 §25.1). */
function objectName(value: string, place: Place): string {
  return place === 'token' ? percentEncoded(value) : value
}

/** Every byte of UTF-8 that could have a meaning of its own as `%HH`. */
function percentEncoded(text: string): string {
  if (PLAIN.test(text)) return text
  return Buffer.from(text, 'utf8')
    .toString('latin1')
    .replace(NOT_PLAIN, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}

/** RFC 3261 §25.1 quoted-string: no backslash can carry a line break, so what is not to be seen becomes `%HH`. */
function quotedText(text: string): string {
  return text.replace(HIDDEN, percentEncoded).replace(/["\\]/g, '\\$&')
}
