/** The meaning of a character in a telephone number. It is found once for each character and stored in one byte. */
export const SIGN = {
  unknown: 0,
  digit: 1,
  plus: 2,
  /** A character that people write between digits. Gateways ignore it. */
  separator: 3,
  letter: 4,
  /** `*` and `#`. A user with one of them is a code. */
  code: 5,
  /** A digit of another script or form, such as `١`, `１` or `²`. */
  foreignDigit: 6,
  /** A character that some software reads as the end of a line or a string. */
  control: 7,
  /** Any other character. */
  symbol: 8,
} as const

/** The values of `SIGN` by UTF-16 code unit. One half of a surrogate pair is a symbol. */
const signs = new Uint8Array(0x1_0000)

/** The meaning of a UTF-16 code unit: one of the values of `SIGN`. */
export function signOf(code: number): number {
  const known = signs[code] ?? SIGN.symbol
  if (known !== SIGN.unknown) return known
  const found = findSign(String.fromCharCode(code))
  signs[code] = found
  return found
}

/**
 * The expressions are tested in this order. Because of the order, an invisible letter (a Hangul filler) counts as a
 * separator.
 */
const CLASSES: readonly (readonly [expression: RegExp, sign: number])[] = [
  [/[0-9]/, SIGN.digit],
  [/\+/, SIGN.plus],
  [/[*#]/, SIGN.code],
  [/[\p{Cc}\p{Zl}\p{Zp}]/u, SIGN.control],
  [/\p{N}/u, SIGN.foreignDigit],
  // The visual separators of RFC 3966 §5.1.1, and the characters that devices, address books and web pages use instead of
  // them: slash, comma (a pause), underscore, spaces, dashes, the minus sign, and characters without a shape, such as a
  // byte order mark.
  [/[-.()/,_\p{Zs}\p{Pd}\u2212\p{Cf}\p{DI}]/u, SIGN.separator],
  [/\p{L}/u, SIGN.letter],
]

function findSign(character: string): number {
  return CLASSES.find(([expression]) => expression.test(character))?.[1] ?? SIGN.symbol
}
