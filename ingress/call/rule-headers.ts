/** The header changes of a rule, prepared once for all its calls. */
import { hash } from 'node:crypto'
import { type HeaderTemplate, type PlaceholderName, parseHeaderTemplate } from '../route-table/header-template.ts'
import type { RouteAction } from '../route-table/route-table.ts'
import type { HeaderField, RelayEdits } from '../sip/port/engine.ts'
import { expandHeader, type TemplateValues } from './template.ts'

export interface RuleHeaders {
  /** The marks of all headers that the rule sets or removes, sorted as text. */
  readonly marks: string
  /** The placeholders in the values of set headers. */
  readonly needs: ReadonlySet<PlaceholderName>
  readonly set: readonly { readonly name: string; readonly template: HeaderTemplate }[]
  readonly remove: readonly string[]
}

type HeaderEdits = Pick<RelayEdits, 'setHeaders' | 'removeHeaders'>

/** Characters of a mark. */
const MARK_LENGTH = 4

const prepared = new WeakMap<RouteAction, RuleHeaders>()

/** Undefined if the rule neither sets nor removes headers. */
export function ruleHeaders(action: RouteAction): RuleHeaders | undefined {
  if (action.setHeaders.length + action.removeHeaders.length === 0) return undefined
  const known = prepared.get(action)
  if (known) return known
  const set = action.setHeaders.map(({ name, value }) => ({ name, template: parseHeaderTemplate(value) }))
  const names = [...action.removeHeaders, ...set.map(({ name }) => name)].map((name) => name.toLowerCase())
  const placeholders = set.flatMap(({ template }) => template.parts.filter((part) => typeof part !== 'string'))
  const headers = {
    marks: [...new Set(names.map(markOf))].sort().join(''),
    needs: new Set(placeholders.map(({ name }) => name)),
    set,
    remove: action.removeHeaders,
  }
  prepared.set(action, headers)
  return headers
}

/** If the value of a header cannot be made, the header is removed: the sender's own value must not reach the backend. */
export function headerEdits({ set, remove }: RuleHeaders, values: TemplateValues): HeaderEdits {
  const setHeaders: HeaderField[] = []
  const removeHeaders = [...remove]
  for (const { name, template } of set) {
    const value = expandHeader(template, values)
    if (value === undefined) removeHeaders.push(name)
    else setHeaders.push({ name, value })
  }
  return { setHeaders, removeHeaders }
}

/** The names that have one of the marks. `names` must be long forms in lower case. */
export function markedNames(names: readonly string[], marks: string): string[] {
  const wanted = new Set<string>()
  for (let at = 0; at < marks.length; at += MARK_LENGTH) wanted.add(marks.slice(at, at + MARK_LENGTH))
  return names.filter((name) => wanted.has(markOf(name)))
}

/**
 * The mark that stands for a header's name in a cookie, the same in every build. It has 24 bits: in a request with 40
 * headers, another header has the same mark once in 400,000 times.
 */
function markOf(name: string): string {
  return hash('sha256', name, 'base64url').slice(0, MARK_LENGTH)
}
