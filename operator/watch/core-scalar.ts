/** The value that a reader of YAML 1.2 gives to a plain scalar. The rules are those of the core schema (YAML 1.2.2 §10.3.2). */

export type ScalarValue = string | number | boolean | null

/** Words that have the same value in YAML 1.1 and YAML 1.2. */
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

/** The value of a plain scalar. A plain scalar has no quotes and no tag. */
export function coreScalar(text: string): ScalarValue {
  const word = WORDS.get(text)
  if (word !== undefined) return word
  // The cluster stores -0 as 0. Adding 0 also turns -0 into 0.
  return FLOAT.test(text) || OTHER_BASES.test(text) ? Number(text) + 0 : text
}
