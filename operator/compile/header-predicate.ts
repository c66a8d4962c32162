import type { HeaderMatch } from '../../crds/schema/header-match.ts'
import type { HeaderPredicate } from '../../ingress/route-table/route-table.ts'
import { unreadField } from './unread-field.ts'

/**
 * Makes the form that a header condition has in the table. The schema has ensured that the condition has a name and exactly one
 * other field.
 */
export function headerPredicate({
  name: written,
  exact,
  prefix,
  regex,
  present,
  ...rest
}: HeaderMatch): HeaderPredicate {
  const name = written.toLowerCase()
  if (exact !== undefined) return { type: 'exact', name, value: exact }
  if (prefix !== undefined) return { type: 'prefix', name, value: prefix }
  if (regex !== undefined) return { type: 'regex', name, pattern: regex }
  if (present !== undefined) return { type: 'present', name, present }
  throw unreadField('a header condition', rest)
}

/** A text for comparing predicates. Equal predicates have equal texts. */
export function headerKey(predicate: HeaderPredicate): string {
  const { type, name } = predicate
  switch (type) {
    case 'exact':
    case 'prefix':
      return `${name}:${type}:${predicate.value}`
    case 'regex':
      return `${name}:${type}:${predicate.pattern}`
    case 'present':
      return `${name}:${type}:${predicate.present}`
  }
}

/**
 * The keys of all predicates that always hold when the given predicate holds. A header may have several values. So a predicate
 * is in the result only if it holds for the same value of the header.
 */
export function impliedKeys(predicate: HeaderPredicate): string[] {
  const own = headerKey(predicate)
  const { type, name } = predicate
  const present = headerKey({ type: 'present', name, present: true })
  switch (type) {
    case 'exact':
    case 'prefix':
      return [...new Set([own, present, ...prefixKeys(name, predicate.value)])]
    case 'regex':
      return [own, present]
    case 'present':
      return [own]
  }
}

/** The keys of prefix predicates, one for every prefix of the value. */
function prefixKeys(name: string, value: string): string[] {
  return Array.from({ length: value.length }, (_, i) =>
    headerKey({ type: 'prefix', name, value: value.slice(0, i + 1) }),
  )
}
