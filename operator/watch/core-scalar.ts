/** The value that a reader of YAML 1.2 gives to a plain scalar, by the rules of the core schema (YAML 1.2.2 §10.3.2). Pure. */

export type ScalarValue = string | number | boolean | null

/** Words that YAML 1.1 and YAML 1.2 read in the same way. */
export const WORDS: ReadonlyMap<string, ScalarValue> = new Map<string, ScalarValue>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word): [string, ScalarValue] => [word, null]),
  ...['true', 'True', 'TRUE'].map((word): [string, ScalarValue] => [word, true]),
  ...['false', 'False', 'FALSE'].map((word): [string, ScalarValue] => [word, false]),
  ...['.nan', '.NaN', '.NAN'].map((word): [string, ScalarValue] => [word, Number.NaN]),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word): [string, ScalarValue] => [word, Infinity]),
  ...['-.inf', '-.Inf', '-.INF'].map((word): [string, ScalarValue] => [word, -Infinity]),
])

/** A decimal number. */
export const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/

const OTHER_BASES = /^0(o[0-7]+|x[0-9a-fA-F]+)$/

/** The value of a plain scalar: a scalar without quotes and without a tag. */
export function coreScalar(text: string): ScalarValue {
  const word = WORDS.get(text)
  if (word !== undefined) return word
  // The cluster stores -0 as 0. Adding 0 does the same.
  return FLOAT.test(text) || OTHER_BASES.test(text) ? Number(text) + 0 : text
}
