/** What a rule says of headers, made ready once for every call that it takes. */
import { hash } from 'node:crypto'
import { type HeaderTemplate, type PlaceholderName, parseHeaderTemplate } from '../route-table/header-template.ts'
import type { RouteAction } from '../route-table/route-table.ts'
import type { HeaderField, RelayEdits } from '../sip/port/engine.ts'
import { expandHeader, type TemplateValues } from './template.ts'

export interface RuleHeaders {
  /** The marks of every header that the rule sets or removes, in order of their text. */
  readonly marks: string
  /** What the values of set headers are made of. */
  readonly needs: ReadonlySet<PlaceholderName>
  readonly set: readonly { readonly name: string; readonly template: HeaderTemplate }[]
  readonly remove: readonly string[]
}

type HeaderEdits = Pick<RelayEdits, 'setHeaders' | 'removeHeaders'>

/** Characters of a mark. */
const MARK_LENGTH = 4

const prepared = new WeakMap<RouteAction, RuleHeaders>()

/** Undefined where the rule says nothing of headers. */
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

/** A header whose value cannot be made is removed: the sender's own never stands in its place. */
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

/** Those of the names, long and in lower case, that the marks stand for. */
export function markedNames(names: readonly string[], marks: string): string[] {
  const wanted = new Set<string>()
  for (let at = 0; at < marks.length; at += MARK_LENGTH) wanted.add(marks.slice(at, at + MARK_LENGTH))
  return names.filter((name) => wanted.has(markOf(name)))
}

/**
 * Stands for a header's name in a cookie, in the same form for every build: 24 bits, so that among 40 headers of a request
 * another one is taken for it once in 400,000 times.
 */
function markOf(name: string): string {
  return hash('sha256', name, 'base64url').slice(0, MARK_LENGTH)
}
