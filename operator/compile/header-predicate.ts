import type { HeaderMatch } from '../../crds/schema/header-match.ts'
import type { HeaderPredicate } from '../../ingress/route-table/route-table.ts'

/** A header condition as the table has it. The schema has made sure that exactly one field beside the name is set. */
export function headerPredicate(match: HeaderMatch): HeaderPredicate {
  const name = match.name.toLowerCase()
  if (match.exact !== undefined) return { type: 'exact', name, value: match.exact }
  if (match.prefix !== undefined) return { type: 'prefix', name, value: match.prefix }
  if (match.regex !== undefined) return { type: 'regex', name, pattern: match.regex }
  if (match.present !== undefined) return { type: 'present', name, present: match.present }
  throw new TypeError('a header condition without a field: read it by its schema first')
}

/** The text of a predicate: equal for equal predicates. */
export function headerKey(predicate: HeaderPredicate): string {
  const { type, name } = predicate
  if (type === 'present') return `${name}:present:${predicate.present}`
  return `${name}:${type}:${type === 'regex' ? predicate.pattern : predicate.value}`
}

/**
 * Keys of the predicates that surely hold wherever this one does. A header may have several values, so that a condition
 * follows from another only through the one value that both are about.
 */
export function impliedKeys(predicate: HeaderPredicate): string[] {
  const own = headerKey(predicate)
  if (predicate.type === 'present') return [own]
  const present = headerKey({ type: 'present', name: predicate.name, present: true })
  if (predicate.type === 'regex') return [own, present]
  const { name, value } = predicate
  const shorter = Array.from({ length: value.length }, (_, i) =>
    headerKey({ type: 'prefix', name, value: value.slice(0, i + 1) }),
  )
  return [...new Set([own, present, ...shorter])]
}
