/**
 * What a user part is: what callers send and what rules say is read here, by the same code. Numbers are read as a gateway
 * dials them, which leaves out all that is not a digit. A user is unreadable where some gateway might dial another number
 * than the one that was read here.
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
  const contents = scan(text, end)
  const fault = textFault(text, contents) ?? (contents.letters ? nameFault(text, contents) : numberFault(contents))
  if (fault !== undefined) return { type: 'unreadable', number: text, fault }
  const isNumber = !contents.letters && !contents.code && (contents.digits !== '' || semicolon !== -1)
  if (!isNumber) return { type: 'text', number: text }
  const parameters = semicolon === -1 ? NO_PARAMETERS : readUserParameters(text.slice(semicolon))
  // Parameters without a number before them: a gateway may find a number there that was not read here.
  if (parameters === undefined || contents.digits === '')
    return { type: 'unreadable', number: text, fault: 'parameter' }
  if (contents.leadingPlus) return { type: 'international', number: `+${contents.digits}` }
  return { type: 'digits', number: contents.digits, context: parameters.context }
}

/** `+`, a country code and digits: most numbers on the wire. It makes no new string. */
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
interface UserContents {
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

function scan(text: string, end: number): UserContents {
  const contents: UserContents = {
    ...{ digits: '', pluses: 0, leadingPlus: false, letters: false },
    ...{ code: false, leadingCode: false, foreignDigits: false, symbols: false },
  }
  let first = true
  for (let i = 0; i < end; i++) {
    const sign = signOf(text.charCodeAt(i))
    if (sign === SIGN.separator) continue
    note(contents, sign, text[i] ?? '')
    if (first) {
      contents.leadingPlus = sign === SIGN.plus
      contents.leadingCode = sign === SIGN.code
    }
    first = false
  }
  return contents
}

function note(contents: UserContents, sign: number, character: string): void {
  switch (sign) {
    case SIGN.digit:
      contents.digits += character
      break
    case SIGN.plus:
      contents.pluses++
      break
    case SIGN.letter:
      contents.letters = true
      break
    case SIGN.code:
      contents.code = true
      break
    case SIGN.foreignDigit:
      contents.foreignDigits = true
      break
    default:
      contents.symbols = true
  }
}

const ESCAPE = /%[0-9a-f]{2}/i
const SCHEME = /^[^a-z0-9]*(sips?|tel):/i

/** What neither a name nor a number may hold. */
function textFault(text: string, contents: UserContents): UserFault | undefined {
  if (!contents.symbols && !text.includes(';')) return undefined
  for (let i = 0; i < text.length; i++) if (signOf(text.charCodeAt(i)) === SIGN.control) return 'control'
  if (ESCAPE.test(text)) return 'escape'
  return SCHEME.test(text) ? 'address' : undefined
}

/** Letters make a name, unless it says that it is a number, or hides one before an `@` or beside a `:`. */
function nameFault(text: string, contents: UserContents): UserFault | undefined {
  if (contents.leadingPlus && contents.digits !== '') return 'letter'
  if (!contents.symbols || !/[@:]/.test(text)) return undefined
  const [user = ''] = text.split('@', 1)
  return user.split(':').some(isNumberLike) ? 'address' : undefined
}

function isNumberLike(text: string): boolean {
  const { digits, foreignDigits, letters } = scan(text, text.length)
  return (digits !== '' || foreignDigits) && !letters
}

function numberFault(contents: UserContents): UserFault | undefined {
  const { digits, pluses, leadingPlus } = contents
  if (contents.foreignDigits) return 'digit'
  if (digits === '') return undefined
  if (contents.symbols) return 'symbol'
  if (contents.code)
    return leadingPlus || (!contents.leadingCode && digits.length > MAX_CODE_DIGITS) ? 'code' : undefined
  if (pluses > 1 || (pluses === 1 && !leadingPlus)) return 'plus'
  // ITU-T E.164: no country code begins with 0.
  return leadingPlus && digits.startsWith('0') ? 'zero' : undefined
}

/** Digits behind 00 whose country code would begin with 0, where no region says otherwise; short ones are a code. */
export function hasNoCountry(digits: string): boolean {
  return digits.startsWith('000') && digits.length > MAX_CODE_DIGITS
}
