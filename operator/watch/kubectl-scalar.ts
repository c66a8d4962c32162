/**
 * The value that kubectl and Helm give to a scalar, which the cluster then stores. Both read YAML 1.1 with go-yaml v2
 * (sigs.k8s.io/yaml). go-yaml differs from the specification of YAML 1.1 in two points, and this file follows go-yaml: numbers
 * to the base of 60 and dates are text, and a number that begins with 0 may contain the digits 8 and 9.
 */
import { coreScalar, FLOAT, type ScalarValue, WORDS } from './core-scalar.ts'

/** YAML 1.1 reads more words as booleans than YAML 1.2. */
const KUBECTL_WORDS = new Map<string, ScalarValue>([...WORDS, ...words('y yes on', true), ...words('n no off', false)])

function words(list: string, value: boolean): [string, boolean][] {
  return list.split(' ').flatMap((word) => {
    const upper = word.toUpperCase()
    return [word, upper, upper.charAt(0) + word.slice(1)].map((form): [string, boolean] => [form, value])
  })
}

/** Scalars that are not text begin with one of these characters: a sign, a digit, the point, or the first letter of a word. */
const FIRST = new Uint8Array(128)
for (const sign of '+-.0123456789~yYnNtTfFoO') FIRST[sign.charCodeAt(0)] = 1

/** The value of a plain scalar. A plain scalar has no quotes and no tag. */
export function kubectlScalar(text: string): ScalarValue {
  if (text !== '' && FIRST[text.charCodeAt(0)] !== 1) return text
  const word = KUBECTL_WORDS.get(text)
  if (word !== undefined) return word
  const integer = integerOf(text)
  if (integer !== undefined) return Number(integer)
  const float = floatOf(text)
  // The cluster stores -0 as 0. Adding 0 also turns -0 into 0.
  return float === undefined ? text : float + 0
}

/** Whether a reader of YAML 1.2 gives a value other than `value` to a plain scalar. */
export function isReadOtherwise(text: string, value: ScalarValue): boolean {
  return typeof value !== 'string' && !Object.is(coreScalar(text), value)
}

/**
 * The text of a plain scalar that is the name of a field. In JSON every name is a text. Undefined if JSON does not allow the
 * scalar as a name.
 */
export function kubectlKey(text: string): string | undefined {
  const value = kubectlScalar(text)
  if (typeof value !== 'number') return value === null ? undefined : String(value)
  const integer = integerOf(text)
  if (integer === undefined) return singleText(floatOf(text) ?? value)
  return integer > MAX_INT64 ? undefined : String(integer)
}

const TAG_PREFIX = 'tag:yaml.org,2002:'
const TAGGED: Readonly<Record<string, (value: ScalarValue, text: string) => boolean>> = {
  int: (_, text) => integerOf(text) !== undefined,
  float: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  null: (value) => value === null,
}

/**
 * The value of a scalar with a tag. Undefined if the text does not fit the tag. If the tag is unknown, the value is the text.
 */
export function taggedScalar(tag: string, text: string): ScalarValue | undefined {
  const kind = tag.startsWith(TAG_PREFIX) ? tag.slice(TAG_PREFIX.length) : ''
  switch (kind) {
    case 'binary':
      return bytesText(text)
    case 'timestamp':
      return DATE.test(text) ? text : undefined
    default: {
      const fits = TAGGED[kind]
      if (!fits) return text
      const value = kubectlScalar(text)
      return fits(value, text) ? value : undefined
    }
  }
}

const BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const DATE = /^\d{4}-\d{1,2}-\d{1,2}([Tt ].+)?$/

/** Decodes base64. Like Go's decoder, it ignores line ends and refuses all other characters that are not base64. */
function bytesText(text: string): string | undefined {
  const digits = text.replaceAll(/[\r\n]/g, '')
  return BASE64.test(digits) ? Buffer.from(digits, 'base64').toString('utf8') : undefined
}

const MAX_INT64 = 2n ** 63n - 1n
const MAX_UINT64 = 2n ** 64n - 1n
const MIN_INT64 = -(2n ** 63n)

const INTEGER = /^([+-]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]+|0|[1-9][0-9]*)$/
/** go-yaml also accepts a sign after 0b. */
const BINARY = /^0b([+-])([01]+)$/

/** The integer that a text stands for. Undefined if the text is not an integer of 64 bits. */
function integerOf(text: string): bigint | undefined {
  const plain = withoutUnderscores(text)
  const [, sign = '', digits = ''] = INTEGER.exec(plain) ?? signedBinary(plain)
  if (digits === '') return undefined
  const size = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase())
  const value = sign === '-' ? -size : size
  return value < MIN_INT64 || value > (sign === '' ? MAX_UINT64 : MAX_INT64) ? undefined : value
}

function signedBinary(plain: string): string[] {
  const [, sign = '', digits] = BINARY.exec(plain) ?? []
  return digits === undefined ? [] : ['', sign, `0b${digits}`]
}

/** In a number that begins with a point, underscores may stand only between digits. */
const FRACTION = /^\.\d+(_\d+)*([eE][+-]?\d+(_\d+)*)?$/

function floatOf(text: string): number | undefined {
  const plain = withoutUnderscores(text)
  if (!(text.startsWith('.') ? FRACTION.test(text) : FLOAT.test(plain))) return undefined
  const value = Number(plain)
  return Number.isFinite(value) ? value : undefined
}

function withoutUnderscores(text: string): string {
  return text.includes('_') ? text.replaceAll('_', '') : text
}

/** Go's %g writes a number without an exponent if its decimal exponent is in this range, both bounds included. */
const PLAIN_EXPONENTS = { least: -4, most: 5 } as const
/** With this many digits, two different numbers of single precision always have different texts. */
const SINGLE_DIGITS = 9

/**
 * The shortest text that stands for the same number in single precision. sigs.k8s.io/yaml writes the names of fields in this
 * form.
 */
function singleText(value: number): string {
  const single = Math.fround(value)
  if (Number.isNaN(single)) return '.nan'
  if (Object.is(single, -0)) return '-0'
  if (!Number.isFinite(single)) return single > 0 ? '.inf' : '-.inf'
  let digits = 1
  while (digits < SINGLE_DIGITS && Math.fround(Number(single.toPrecision(digits))) !== single) digits++
  const [mantissa = '', exponent = '0'] = single.toExponential(digits - 1).split('e')
  const power = Number(exponent)
  if (power >= PLAIN_EXPONENTS.least && power <= PLAIN_EXPONENTS.most) return String(Number(`${mantissa}e${exponent}`))
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}
