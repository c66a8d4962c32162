/** One line of a state machine: the next state after an input, and the effects for the driver, in order. */
export interface Transition<S extends string, E extends string> {
  readonly to: S
  readonly effects: readonly E[]
}

/** The table of a whole machine. It has a line for every state and every input, so no input can be forgotten. */
type TransitionTable<S extends string, I extends string, E extends string> = {
  readonly [State in S]: { readonly [Input in I]: Transition<S, E> }
}

/** The two tables of one machine. RFC 3261 §17 uses different timers for reliable and for unreliable transports. */
interface TransportTables<S extends string, I extends string, E extends string> {
  readonly reliable: TransitionTable<S, I, E>
  readonly unreliable: TransitionTable<S, I, E>
}

/** The form of a table for a driver that runs several machines. Every TransitionTable has this form. */
export interface AnyTransitionTable<S extends string, E extends string> {
  readonly [state: string]: { readonly [input: string]: Transition<S, E> }
}

/** Makes both tables of a machine and freezes them. `rows` gives the lines for each of the two kinds of transport. */
export function transportTables<S extends string, I extends string, E extends string>(
  rows: (reliable: boolean) => TransitionTable<S, I, E>,
): TransportTables<S, I, E> {
  return Object.freeze({ reliable: frozen(rows(true)), unreliable: frozen(rows(false)) })
}

function frozen<T extends object>(table: T): T {
  for (const row of Object.values(table)) Object.freeze(row)
  return Object.freeze(table)
}

/** Makes a line of a table, such as `go('Completed', 'send', 'startH')`: first the next state, then the effects. */
export function go<S extends string, E extends string>(to: S, ...effects: readonly E[]): Transition<S, E> {
  return Object.freeze({ to, effects: Object.freeze(effects) })
}

/** Makes the lines for inputs that a state ignores on purpose. */
export function ignored<S extends string, I extends string>(
  state: S,
  ...inputs: readonly I[]
): Record<I, Transition<S, never>> {
  const line = go<S, never>(state)
  const lines: Partial<Record<I, Transition<S, never>>> = {}
  for (const input of inputs) lines[input] = line
  // The loop above has set every key of the Record.
  return lines as Record<I, Transition<S, never>>
}

/** Finds the transition for an input in a state. An input that the machine does not have is ignored. */
export function step<S extends string, E extends string>(
  table: AnyTransitionTable<S, E>,
  state: S,
  input: string,
): Transition<S, E> {
  return table[state]?.[input] ?? go<S, E>(state)
}
