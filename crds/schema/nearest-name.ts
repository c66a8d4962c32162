/** A name that needs more changes than this is a different name, not a typing error. */
const MAX_CHANGES = 2

/** The known name that was probably meant; undefined if no known name is near. */
export function nearestName(written: string, known: readonly string[]): string | undefined {
  let best: { name: string; changes: number } | undefined
  for (const name of known) {
    const changes = editDistance(written.toLowerCase(), name.toLowerCase())
    if (changes <= MAX_CHANGES && changes < (best?.changes ?? Number.POSITIVE_INFINITY)) best = { name, changes }
  }
  return best?.name
}

/** The number of insertions, deletions and substitutions (Levenshtein). Texts of very different length are not compared. */
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
