/**
 * Reads user parts. The same code reads the users that callers send and the users in rules. Numbers are read as a gateway
 * dials them: a gateway leaves out everything that is not a digit. A user is unreadable if some gateway might dial another
 * number than the number read here.
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
  /** A number that is marked as international: `+` and digits. */
  | { readonly type: 'international'; readonly number: string }
  /** Digits alone. Their meaning depends on the region. `context` are the digits of a `phone-context` with `+`. */
  | { readonly type: 'digits'; readonly number: string; readonly context: string | undefined }
  /** A name, a code with `*` or `#`, or an empty user. `number` is the unchanged text with its parameters. */
  | { readonly type: 'text'; readonly number: string }
  | { readonly type: 'unreadable'; readonly number: string; readonly fault: UserFault }

/**
 * The largest number of digits of a code that begins with a digit (`8001*1234`), or of a number that begins with three
 * zeros (`000`). More digits could be a telephone number with other characters before or after it: `19005550100#`.
 */
const MAX_CODE_DIGITS = 9

const PLUS = 0x2b
const ZERO = 0x30

/**
 * Reads a user. Its escapes (`%HH`) must be decoded before. For a tel URI, the user is the subscriber with its parameters.
 * The time grows in proportion to the length of the text.
 */
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
  // The parameters are invalid, or no number comes before them. A gateway may find a number in them that was not read here.
  if (parameters === undefined || contents.digits === '')
    return { type: 'unreadable', number: text, fault: 'parameter' }
  if (contents.leadingPlus) return { type: 'international', number: `+${contents.digits}` }
  return { type: 'digits', number: contents.digits, context: parameters.context }
}

/** Whether the text is `+`, a country code and digits, as most numbers in received requests are. Builds no new string. */
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

/** What a user contains before its parameters. */
interface UserContents {
  digits: string
  pluses: number
  /** Whether the first character that is no separator is a `+`. */
  leadingPlus: boolean
  letters: boolean
  code: boolean
  /** Whether the first character that is no separator is `*` or `#`, as in `*21*1234#`. */
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

/** The fault of a text with content that neither a name nor a number may have. Undefined if there is no fault. */
function textFault(text: string, contents: UserContents): UserFault | undefined {
  if (!contents.symbols && !text.includes(';')) return undefined
  for (let i = 0; i < text.length; i++) if (signOf(text.charCodeAt(i)) === SIGN.control) return 'control'
  if (ESCAPE.test(text)) return 'escape'
  return SCHEME.test(text) ? 'address' : undefined
}

/**
 * The fault of a user with letters, which is a name. The name is unreadable if it begins with `+` and has digits, or if it
 * contains a number before an `@` or beside a `:`.
 */
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
  // No country code begins with 0 (ITU-T E.164).
  return leadingPlus && digits.startsWith('0') ? 'zero' : undefined
}

/**
 * Whether digits begin with 00 and a country code that begins with 0. No such country code exists. False for short numbers,
 * because they are codes. Must be called only for digits that could not be read as a number of a region.
 */
export function hasNoCountry(digits: string): boolean {
  return digits.startsWith('000') && digits.length > MAX_CODE_DIGITS
}
