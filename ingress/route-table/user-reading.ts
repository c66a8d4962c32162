/**
 * What a user part is: the one parse of what callers send and of what rules say. Numbers are read as a gateway dials
 * them, which drops what is no digit; what one gateway might dial as another number than we have read is unreadable.
 */
import { readUserParameters } from './user-parameters.ts'
import { SIGN, signOf } from './user-signs.ts'

/** Why a user cannot be read. */
export type UserFault =
  | 'plus'
  | 'zero'
  | 'digit'
  | 'letter'
  | 'code'
  | 'symbol'
  | 'control'
  | 'escape'
  | 'address'
  | 'parameter'
  | 'context'

export type UserReading =
  /** A number that says that it is international: `+` and digits. */
  | { readonly type: 'international'; readonly number: string }
  /** Digits alone. What they mean depends on where they are dialled. `context`: digits of a `phone-context` with `+`. */
  | { readonly type: 'digits'; readonly number: string; readonly context: string | undefined }
  /** A name, a code with `*` or `#`, or nothing: the text as it is written, parameters included. */
  | { readonly type: 'text'; readonly number: string }
  | { readonly type: 'unreadable'; readonly number: string; readonly fault: UserFault }

/**
 * Digits of a code that begins with one of them, and of a number that begins with three zeros: `8001*1234`, `000`. More
 * could be a telephone number with something behind or before it: `19005550100#`.
 */
const MAX_CODE_DIGITS = 9

const PLUS = 0x2b
const ZERO = 0x30

/** Reads a user, unescaped: of a tel URI the subscriber with its parameters. Time grows with the length only. */
export function readUser(text: string): UserReading {
  if (isInternational(text)) return { type: 'international', number: text }
  const semicolon = text.indexOf(';')
  const end = semicolon === -1 ? text.length : semicolon
  const seen = scan(text, end)
  const fault = textFault(text, seen) ?? (seen.letters ? nameFault(text, seen) : numberFault(seen))
  if (fault !== undefined) return { type: 'unreadable', number: text, fault }
  const isNumber = !seen.letters && !seen.code && (seen.digits !== '' || semicolon !== -1)
  if (!isNumber) return { type: 'text', number: text }
  const parameters = semicolon === -1 ? NO_PARAMETERS : readUserParameters(text.slice(semicolon))
  // Parameters of nothing: whatever a gateway takes for the number, it is none that we have read.
  if (parameters === undefined || seen.digits === '') return { type: 'unreadable', number: text, fault: 'parameter' }
  if (seen.leadingPlus) return { type: 'international', number: `+${seen.digits}` }
  return { type: 'digits', number: seen.digits, context: parameters.context }
}

/** `+`, a country code and digits: most numbers on the wire, told without a new string. */
export function isInternational(text: string): boolean {
  // No country code begins with 0 (ITU-T E.164).
  if (text.length < 2 || text.charCodeAt(0) !== PLUS || text.charCodeAt(1) === ZERO) return false
  for (let i = 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < ZERO || code > 0x39) return false
  }
  return true
}

const NO_PARAMETERS = { context: undefined }

/** What stands before the parameters. */
interface Seen {
  digits: string
  pluses: number
  /** A `+` before everything but separators. */
  leadingPlus: boolean
  letters: boolean
  code: boolean
  /** A code that says so with its first sign: `*21*1234#`. */
  leadingCode: boolean
  foreignDigits: boolean
  symbols: boolean
}

function scan(text: string, end: number): Seen {
  const seen: Seen = {
    ...{ digits: '', pluses: 0, leadingPlus: false, letters: false },
    ...{ code: false, leadingCode: false, foreignDigits: false, symbols: false },
  }
  let first = true
  for (let i = 0; i < end; i++) {
    const sign = signOf(text.charCodeAt(i))
    if (sign === SIGN.separator) continue
    see(seen, sign, text[i] ?? '')
    if (first) {
      seen.leadingPlus = sign === SIGN.plus
      seen.leadingCode = sign === SIGN.code
    }
    first = false
  }
  return seen
}

function see(seen: Seen, sign: number, character: string): void {
  switch (sign) {
    case SIGN.digit:
      seen.digits += character
      break
    case SIGN.plus:
      seen.pluses++
      break
    case SIGN.letter:
      seen.letters = true
      break
    case SIGN.code:
      seen.code = true
      break
    case SIGN.foreignDigit:
      seen.foreignDigits = true
      break
    default:
      seen.symbols = true
  }
}

const ESCAPE = /%[0-9a-f]{2}/i
const SCHEME = /^[^a-z0-9]*(sips?|tel):/i

/** What nothing may hold, name or number. */
function textFault(text: string, seen: Seen): UserFault | undefined {
  if (!seen.symbols && !text.includes(';')) return undefined
  for (let i = 0; i < text.length; i++) if (signOf(text.charCodeAt(i)) === SIGN.control) return 'control'
  if (ESCAPE.test(text)) return 'escape'
  return SCHEME.test(text) ? 'address' : undefined
}

/** Letters make a name, unless it says that it is a number, or hides one before an `@` or beside a `:`. */
function nameFault(text: string, seen: Seen): UserFault | undefined {
  if (seen.leadingPlus && seen.digits !== '') return 'letter'
  if (!seen.symbols || !/[@:]/.test(text)) return undefined
  const [user = ''] = text.split('@', 1)
  return user.split(':').some(isNumberLike) ? 'address' : undefined
}

function isNumberLike(text: string): boolean {
  const { digits, foreignDigits, letters } = scan(text, text.length)
  return (digits !== '' || foreignDigits) && !letters
}

function numberFault(seen: Seen): UserFault | undefined {
  const { digits, pluses, leadingPlus } = seen
  if (seen.foreignDigits) return 'digit'
  if (digits === '') return undefined
  if (seen.symbols) return 'symbol'
  if (seen.code) return leadingPlus || (!seen.leadingCode && digits.length > MAX_CODE_DIGITS) ? 'code' : undefined
  if (pluses > 1 || (pluses === 1 && !leadingPlus)) return 'plus'
  // ITU-T E.164: no country code begins with 0.
  return leadingPlus && digits.startsWith('0') ? 'zero' : undefined
}

/** Digits behind 00 whose country code would begin with 0, where no region says otherwise; short ones are a code. */
export function hasNoCountry(digits: string): boolean {
  return digits.startsWith('000') && digits.length > MAX_CODE_DIGITS
}
