/**
 * The one form in which numbers are compared, on both sides: `+` and digits. Visual separators (RFC 3966 §5.1.1, and
 * the space that people write), a `tel:` scheme and URI parameters are taken off, an international `00` becomes `+`, and
 * digits alone get their `+`. No region is known here: `030123` becomes `+030123`, the same on both sides.
 * A user that is not a number (`alice`, `*123`) comes back as it is, and so does the empty string.
 */
export function canonicalNumber(text: string): string {
  if (isCanonical(text)) return text
  const semicolon = text.indexOf(';')
  const end = semicolon === -1 ? text.length : semicolon
  let international = false
  let digits = ''
  for (let i = startsWithTel(text) ? 4 : 0; i < end; i++) {
    const code = text.charCodeAt(i)
    if (isDigit(code)) digits += text[i]
    else if (code === PLUS && !international && digits === '') international = true
    else if (!SEPARATORS.has(code)) return text
  }
  if (digits === '') return text
  return !international && digits.startsWith('00') && digits.length > 2 ? `+${digits.slice(2)}` : `+${digits}`
}

const PLUS = 0x2b

/** Space, hyphen, dot and parentheses. */
const SEPARATORS: ReadonlySet<number> = new Set([0x20, 0x2d, 0x2e, 0x28, 0x29])

/** Most numbers on the wire are canonical already: told without a new string. */
function isCanonical(text: string): boolean {
  if (text.length < 2 || text.charCodeAt(0) !== PLUS) return false
  for (let i = 1; i < text.length; i++) {
    if (!isDigit(text.charCodeAt(i))) return false
  }
  return true
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function startsWithTel(text: string): boolean {
  return text.length > 4 && text.slice(0, 4).toLowerCase() === 'tel:'
}
