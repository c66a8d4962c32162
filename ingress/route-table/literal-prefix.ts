const SPECIAL = new Set('.+*?()[]{}|^$\\')
const QUANTIFIERS = new Set('*?{')
/**
 * Matches one printable ASCII character. Other code units do not count as literal: a code unit may be half of a character,
 * and a quantifier after the character makes both halves optional.
 */
const ASCII = /^[ -~]$/

/**
 * The text with which every match of a regular expression starts: `^\+1555[0-9]+$` gives `+1555`. Empty if the expression
 * is not anchored, or if no such text is known. An index tests the expression only for numbers that start with this text.
 */
export function literalPrefix(pattern: string): string {
  // An alternative or a flag may cancel the effect of the anchor. Such an expression is tested for every number.
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
