/** What a reader of YAML 1.2 makes of a plain scalar: its core schema (YAML 1.2.2 §10.3.2). Pure. */

export type ScalarValue = string | number | boolean | null

/** Words that both versions of YAML know. */
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

/** A plain scalar: one without quotes and without a tag. */
export function coreScalar(text: string): ScalarValue {
  const word = WORDS.get(text)
  if (word !== undefined) return word
  // Zero has no sign in the cluster.
  return FLOAT.test(text) || OTHER_BASES.test(text) ? Number(text) + 0 : text
}
