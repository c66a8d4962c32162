import type { DispatchRule } from '../../crds/schema/dispatch-rule.ts'
import { parseHeaderTemplate } from '../../ingress/route-table/header-template.ts'

/**
 * Characters that end a line or are invisible. Control characters are missing here, because the schema already refuses them.
 */
const HIDDEN = /[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/**
 * The problems in the headers that a rule sets. Undefined if there are none. A placeholder is a problem at a place where its
 * value cannot be escaped. A character that ends a line or is invisible is a problem too. A Kubernetes schema cannot check
 * this.
 */
export function templateProblem(rule: DispatchRule): string | undefined {
  const set = rule.spec.action.route?.headers.set ?? []
  const problems = set.flatMap(({ name, value }) =>
    problemsOf(value).map((problem) => `headers.set ${name}: ${problem}`),
  )
  return problems.length === 0 ? undefined : problems.join('; ')
}

function problemsOf(value: string): string[] {
  const problems: string[] = []
  const hidden = HIDDEN.exec(value)?.[0].codePointAt(0)
  if (hidden !== undefined) {
    const code = hidden.toString(16).toUpperCase().padStart(4, '0')
    problems.push(`the value holds U+${code}, which ends a line or cannot be seen: take it out`)
  }
  const unclear = value.includes('{') ? parseHeaderTemplate(value).unclear : undefined
  if (unclear) problems.push(`{${unclear.name}} ${unclear.problem}`)
  return problems
}
