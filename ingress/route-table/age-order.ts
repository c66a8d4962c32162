/** Oldest first, then by name. The order is the same in every run. */
export function olderFirst(a: Aged, b: Aged): number {
  return a.createdAt - b.createdAt || compareText(a.name, b.name)
}

interface Aged {
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly name: string
}

/** By code unit: the same order everywhere. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
