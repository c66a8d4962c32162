/**
 * Makes texts from the templates of rules. The called and the calling user may contain any text. They are escaped, so that
 * they cannot change the text around them.
 */
import type { HeaderTemplate, Place, PlaceholderName } from '../route-table/header-template.ts'

/** The values for the names in braces. Undefined if a value is not known. */
export type TemplateValues = { readonly [name in PlaceholderName]: string | undefined }

/**
 * Text that needs no escape in a user part, in a parameter, in a token and in free text (RFC 3261 §25.1). It contains no
 * separator and no delimiter.
 */
const PLAIN = /^[A-Za-z0-9_.!~*'+-]*$/
/** A byte of UTF-8 that `PLAIN` does not allow, such as the slash between namespace and name of a Kubernetes object. */
const NOT_PLAIN = /[^A-Za-z0-9_.!~*'+-]/g
/** Characters that end a line, invisible characters, and a `%` that looks like the beginning of one of our escapes. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|%(?=[0-9A-Fa-f]{2})/gu
const USER = /\{(called|calling|trunk|rule)\}|[^A-Za-z0-9\-_.!~*'()&=+$,;?/%]/gu

/**
 * Makes a header's value. Undefined if the value of a placeholder is not known. Also undefined if an empty value would
 * leave a place empty that must not be empty (the user part of a URI). A header without a value is not set.
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

/**
 * Makes the user of a Request-URI, with escapes. The literal text of the template already contains its escapes, because the
 * schema requires this.
 */
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

/**
 * Escapes the name of a Kubernetes object. The name contains only lower-case letters, digits, dots, hyphens and one slash.
 * Only the slash may need an escape, because a token must not contain it (RFC 3261 §25.1).
 */
function objectName(value: string, place: Place): string {
  return place === 'token' ? percentEncoded(value) : value
}

/** Writes each byte of UTF-8 that may have a special meaning as `%HH`. */
function percentEncoded(text: string): string {
  if (PLAIN.test(text)) return text
  return Buffer.from(text, 'utf8')
    .toString('latin1')
    .replace(NOT_PLAIN, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}

/**
 * Escapes text for a quoted-string (RFC 3261 §25.1). A backslash cannot escape a line break. So line ends and invisible
 * characters become `%HH`.
 */
function quotedText(text: string): string {
  return text.replace(HIDDEN, percentEncoded).replace(/["\\]/g, '\\$&')
}
