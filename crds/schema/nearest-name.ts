/**
 * If a written name differs from a known name by more changes than this, the two names are different words. Otherwise the
 * difference is probably a typing error.
 */
const MAX_CHANGES = 2

/** The known name that the writer probably meant. Undefined if no known name is similar enough. */
export function nearestName(written: string, known: readonly string[]): string | undefined {
  let best: { name: string; changes: number } | undefined
  for (const name of known) {
    const changes = editDistance(written.toLowerCase(), name.toLowerCase())
    if (changes <= MAX_CHANGES && changes < (best?.changes ?? Number.POSITIVE_INFINITY)) best = { name, changes }
  }
  return best?.name
}

/**
 * The number of insertions, deletions and substitutions between two texts (Levenshtein distance). Infinity if the lengths
 * differ by more than `MAX_CHANGES`.
 */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_CHANGES) return Number.POSITIVE_INFINITY
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
