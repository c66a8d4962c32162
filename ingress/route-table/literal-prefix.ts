const SPECIAL = new Set('.+*?()[]{}|^$\\')
const QUANTIFIERS = new Set('*?{')
/** A code unit beyond ASCII may be half of a character: a quantifier behind the other half makes both halves optional. */
const ASCII = /^[ -~]$/

/**
 * The text with which everything that a regular expression finds must start: `^\+1555[0-9]+$` gives `+1555`. Empty where
 * it is not anchored or nothing can be said. An index asks such an expression only for numbers that start so.
 */
export function literalPrefix(pattern: string): string {
  // An alternative or a flag may undo the anchor: such expressions are asked for every number.
  if (!pattern.startsWith('^') || pattern.includes('|') || pattern.includes('(?')) return ''
  let literal = ''
  for (let i = 1; i < pattern.length; ) {
    const escaped = pattern[i] === '\\'
    const character = pattern[escaped ? i + 1 : i] ?? ''
    const isLiteral = escaped ? SPECIAL.has(character) : ASCII.test(character) && !SPECIAL.has(character)
    const next = i + (escaped ? 2 : 1)
    if (!isLiteral || QUANTIFIERS.has(pattern[next] ?? '')) break
    literal += character
    i = next
  }
  return literal
}
