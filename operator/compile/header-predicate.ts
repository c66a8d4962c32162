import type { HeaderMatch } from '../../crds/schema/header-match.ts'
import type { HeaderPredicate } from '../../ingress/route-table/route-table.ts'
import { unreadField } from './unread-field.ts'

/** The form of a header condition in the table. The schema has ensured that exactly one field is set in addition to the name. */
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

/** A text for comparison: equal predicates have equal texts. */
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
 * The keys of all predicates that certainly hold if the given predicate holds. A header may have several values, so one predicate
 * follows from another only if the same value fulfils both.
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

/** The keys of the predicates for every prefix of a value. */
function prefixKeys(name: string, value: string): string[] {
  return Array.from({ length: value.length }, (_, i) =>
    headerKey({ type: 'prefix', name, value: value.slice(0, i + 1) }),
  )
}
