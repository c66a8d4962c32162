/** One line of a state machine: where an input leads, and what the driver has to do, in this order. */
export interface Transition<S extends string, E extends string> {
  readonly to: S
  readonly effects: readonly E[]
}

/** A whole machine: a line for every pair of state and input, so that nothing is ignored by accident. */
type TransitionTable<S extends string, I extends string, E extends string> = {
  readonly [State in S]: { readonly [Input in I]: Transition<S, E> }
}

/** The two tables of one machine: RFC 3261 §17 sets other timers where the transport itself is reliable. */
interface TransportTables<S extends string, I extends string, E extends string> {
  readonly reliable: TransitionTable<S, I, E>
  readonly unreliable: TransitionTable<S, I, E>
}

/** A table as a driver sees it that runs one of several machines. Every TransitionTable is one. */
export interface AnyTransitionTable<S extends string, E extends string> {
  readonly [state: string]: { readonly [input: string]: Transition<S, E> }
}

/** Makes both tables of a machine from one listing and freezes them. */
export function transportTables<S extends string, I extends string, E extends string>(
  rows: (reliable: boolean) => TransitionTable<S, I, E>,
): TransportTables<S, I, E> {
  return Object.freeze({ reliable: frozen(rows(true)), unreliable: frozen(rows(false)) })
}

function frozen<T extends object>(table: T): T {
  for (const row of Object.values(table)) Object.freeze(row)
  return Object.freeze(table)
}

/** A line of a table: `go('Completed', 'send', 'startH')`. */
export function go<S extends string, E extends string>(to: S, ...effects: readonly E[]): Transition<S, E> {
  return Object.freeze({ to, effects: Object.freeze(effects) })
}

/** The lines of inputs that a state ignores on purpose. */
export function ignored<S extends string, I extends string>(
  state: S,
  ...inputs: readonly I[]
): Record<I, Transition<S, never>> {
  const line = go<S, never>(state)
  const lines: Partial<Record<I, Transition<S, never>>> = {}
  for (const input of inputs) lines[input] = line
  // Every key of the Record has just been written.
  return lines as Record<I, Transition<S, never>>
}

/** What an input does in a state. An input that the machine does not know is ignored like one that it lists as such. */
export function step<S extends string, E extends string>(
  table: AnyTransitionTable<S, E>,
  state: S,
  input: string,
): Transition<S, E> {
  return table[state]?.[input] ?? go<S, E>(state)
}
