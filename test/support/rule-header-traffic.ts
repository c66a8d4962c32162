/** Rules that change headers, the rules that replace them, and header lines that a caller writes under the same names. */
import fc from 'fast-check'
import type { RouteAction } from '../../ingress/route-table/route-table.ts'
import { routeAction } from './engine-harness.ts'
import { headerOf } from './sip-text.ts'

/** Methods of requests inside a dialog. */
export const DIALOG_METHODS = ['BYE', 'INVITE', 'UPDATE', 'INFO', 'REFER', 'NOTIFY', 'MESSAGE', 'OPTIONS', 'SUBSCRIBE']

/** Long names, each with the other names that a caller may write for it. */
const NAMES: readonly (readonly [string, ...string[]])[] = [
  ['X-A', 'x-a', 'X-a'],
  ['X-B'],
  ['X-C'],
  ['X-D', 'X-D '],
  ['Subject', 's', 'S', 'SUBJECT'],
  ['Referred-By', 'b', 'referred-by'],
  ['P-Asserted-Identity', 'p-asserted-IDENTITY'],
  ['Organization'],
]
const LONG = NAMES.map(([name]) => name)

export interface HeaderTraffic {
  /** The rule when the call begins; later it becomes `after`, or is removed. */
  readonly before: RouteAction
  readonly after: RouteAction | undefined
  readonly method: string
  /** Header lines of the caller. */
  readonly lines: readonly string[]
}

const action = fc
  .record({ set: fc.uniqueArray(fc.constantFrom(...LONG)), removed: fc.uniqueArray(fc.constantFrom(...LONG)) })
  .map(({ set, removed }) =>
    routeAction({ setHeaders: set.map((name) => ({ name, value: `of ${name}` })), removeHeaders: removed }),
  )

export const headerTraffic: fc.Arbitrary<HeaderTraffic> = fc.record({
  before: action,
  after: fc.option(action, { nil: undefined }),
  method: fc.constantFrom(...DIALOG_METHODS),
  lines: fc.array(fc.constantFrom(...NAMES.flat())).map((names) => names.map((name) => `${name}: of the caller`)),
})

/** The expected value under each long name in the request that the backend gets; the caller is outside the trust domain. */
export function expectedHeaders({ before, after, lines }: HeaderTraffic): Record<string, string[]> {
  const spoken = new Set([...namesOf(before), ...(after ? namesOf(after) : []), 'P-Asserted-Identity'])
  const entries = NAMES.map(([name, ...others]): [string, string[]] => {
    const set = after?.setHeaders.find((field) => field.name === name)
    if (set) return [name, [set.value]]
    const own = lines.filter((line) => [name, ...others].includes(line.split(':', 1)[0] ?? ''))
    return [name, spoken.has(name) ? [] : own.map(() => 'of the caller')]
  })
  return Object.fromEntries(entries)
}

function namesOf({ setHeaders, removeHeaders }: RouteAction): string[] {
  return [...setHeaders.map(({ name }) => name), ...removeHeaders]
}

/** The value under each long name of a request, whatever name it has there. */
export function shownHeaders(message: string): Record<string, string[]> {
  const forms = (names: readonly string[]) => new Set(names.map((name) => name.toLowerCase()))
  return Object.fromEntries(
    NAMES.map((names) => [names[0], [...forms(names)].flatMap((name) => headerOf(message, name))]),
  )
}
