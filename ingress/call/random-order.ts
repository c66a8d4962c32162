/**
 * Draws items in a random order, at most `most` of them. Each item has the same chance to be the first, and to be the next
 * after a failure. `fraction` returns numbers in [0, 1).
 */
export function drawn<T>(items: readonly T[], most: number, fraction: () => number): T[] {
  const list = [...items]
  const tries = Math.min(list.length, most)
  for (let i = 0; i < tries && i < list.length - 1; i++) {
    const j = i + Math.floor(fraction() * (list.length - i))
    const [a, b] = [list[i], list[j]]
    if (a === undefined || b === undefined) continue
    list[i] = b
    list[j] = a
  }
  list.length = tries
  return list
}
