import type { AnyTransitionTable } from '../../ingress/sip/native/transaction/transition-table.ts'

type Table = AnyTransitionTable<string, string>

/** Every transition with a new state or an effect, as `Calling timerA > Calling: startA send`, sorted. */
export function transitionLines(table: Table): string[] {
  const lines: string[] = []
  for (const [state, row] of Object.entries(table)) {
    for (const [input, { to, effects }] of Object.entries(row)) {
      if (to !== state || effects.length > 0) lines.push(`${state} ${input} > ${to}: ${effects.join(' ')}`)
    }
  }
  return lines.toSorted()
}

/** Pairs of state and input that are absent from the table, and pairs in the table that are not among the given ones. */
export function tableGaps(table: Table, states: readonly string[], inputs: readonly string[]): string[] {
  const expected = new Set(states.flatMap((state) => inputs.map((input) => `${state} ${input}`)))
  const listed = new Set(
    Object.entries(table).flatMap(([state, row]) => Object.keys(row).map((input) => `${state} ${input}`)),
  )
  return [...expected, ...listed].filter((pair) => !expected.has(pair) || !listed.has(pair))
}
