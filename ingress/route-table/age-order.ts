/**
 * Compares two entries. The older entry comes first. If both are equally old, their names decide. So the order is the same
 * in every run.
 */
export function olderFirst(a: Aged, b: Aged): number {
  return a.createdAt - b.createdAt || compareText(a.name, b.name)
}

interface Aged {
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly name: string
}

/** Compares two texts by code unit, so that the order is the same on every machine. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
