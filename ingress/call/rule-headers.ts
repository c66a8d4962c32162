/** The header changes of a rule. They are prepared once for all calls of the rule. */
import { hash } from 'node:crypto'
import { type HeaderTemplate, type PlaceholderName, parseHeaderTemplate } from '../route-table/header-template.ts'
import type { RouteAction } from '../route-table/route-table.ts'
import type { HeaderField, RelayEdits } from '../sip/port/engine.ts'
import { expandHeader, type TemplateValues } from './template.ts'

export interface RuleHeaders {
  /**
   * The marks (`markOf`) of the names of all headers that the rule sets or removes. They are sorted and joined without a
   * separator.
   */
  readonly marks: string
  /** The placeholders in the values of set headers. */
  readonly needs: ReadonlySet<PlaceholderName>
  readonly set: readonly { readonly name: string; readonly template: HeaderTemplate }[]
  readonly remove: readonly string[]
}

type HeaderEdits = Pick<RelayEdits, 'setHeaders' | 'removeHeaders'>

/** The number of characters of a mark, which is a short hash of the name of a header. */
const MARK_LENGTH = 4

const prepared = new WeakMap<RouteAction, RuleHeaders>()

/** The prepared header changes of a rule. Undefined if the rule has no header changes. */
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

/**
 * The header changes for one call. If the value of a header cannot be made, the header is removed, because a value that the
 * sender wrote must not reach the backend.
 */
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

/** Returns those names that have one of the marks. `names` must be long forms in lower case. */
export function markedNames(names: readonly string[], marks: string): string[] {
  const wanted = new Set<string>()
  for (let at = 0; at < marks.length; at += MARK_LENGTH) wanted.add(marks.slice(at, at + MARK_LENGTH))
  return names.filter((name) => wanted.has(markOf(name)))
}

/**
 * The mark of a header's name: a short hash, which a cookie contains instead of the name. A name has the same mark in every
 * build. A mark has 24 bits. Of 400,000 requests with 40 headers each, about one has another header with the same mark.
 */
function markOf(name: string): string {
  return hash('sha256', name, 'base64url').slice(0, MARK_LENGTH)
}
