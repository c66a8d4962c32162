/** The meaning of each character of a user part in a telephone number. It is found once and stored in one byte. */
export const SIGN = {
  unknown: 0,
  digit: 1,
  plus: 2,
  /** A character that people write between digits and that gateways ignore. */
  separator: 3,
  letter: 4,
  /** `*` and `#`: they make a code. */
  code: 5,
  /** A digit of another script or form, such as `١`, `１` or `²`. */
  foreignDigit: 6,
  /** A character that some software reads as the end of a line or a string. */
  control: 7,
  /** Everything else. */
  symbol: 8,
} as const

/** By UTF-16 code unit. One half of a surrogate pair is a symbol. */
const signs = new Uint8Array(0x1_0000)

/** One of `SIGN`, for a UTF-16 code unit. */
export function signOf(code: number): number {
  const known = signs[code] ?? SIGN.symbol
  if (known !== SIGN.unknown) return known
  const found = findSign(String.fromCharCode(code))
  signs[code] = found
  return found
}

/** Tested in this order, so that invisible letters (a Hangul filler) are separators. */
const CLASSES: readonly (readonly [expression: RegExp, sign: number])[] = [
  [/[0-9]/, SIGN.digit],
  [/\+/, SIGN.plus],
  [/[*#]/, SIGN.code],
  [/[\p{Cc}\p{Zl}\p{Zp}]/u, SIGN.control],
  [/\p{N}/u, SIGN.foreignDigit],
  // RFC 3966 §5.1.1 visual separators, and the characters that devices, address books and web pages use instead: slash, comma
  // (a pause), underscore, spaces, dashes, the minus sign, and characters without a shape, such as a byte order mark.
  [/[-.()/,_\p{Zs}\p{Pd}\u2212\p{Cf}\p{DI}]/u, SIGN.separator],
  [/\p{L}/u, SIGN.letter],
]

function findSign(character: string): number {
  return CLASSES.find(([expression]) => expression.test(character))?.[1] ?? SIGN.symbol
}
