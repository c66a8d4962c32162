import type { z } from 'zod'

/**
 * A rule that a plain schema cannot express, in two forms: as CEL, which the API server runs on `kubectl apply`, and as a
 * function, which runs wherever this schema is used. Both must accept the same values.
 */
export interface ValidationRule<T> {
  readonly cel: string
  /** The fault, and what to do about it. */
  readonly message: string
  /** The faulty field, below the value itself. */
  readonly field?: string
  readonly holds: (value: T) => boolean
  /** A message that names the value, for a rule about which the function can say more than CEL. */
  readonly explain?: (value: T) => string
}

/** Adds rules to a schema: as checks of the schema, and as `x-kubernetes-validations` for the generated YAML. */
export function withRules<S extends z.ZodType>(schema: S, ...rules: readonly ValidationRule<z.output<S>>[]): S {
  const checked = schema.superRefine((value, context) => {
    // A rule is checked only if the value has no other fault. The API server runs its CEL under the same condition.
    if (context.issues.length > 0) return
    for (const rule of rules) {
      if (rule.holds(value)) continue
      const message = rule.explain?.(value) ?? rule.message
      context.addIssue({ code: 'custom', message, path: rule.field === undefined ? [] : [rule.field] })
    }
  })
  return checked.meta({ 'x-kubernetes-validations': rules.map(celRule) })
}

/** Exactly one of several fields must be set. */
export function exactlyOneOf<T extends object>(...fields: readonly (keyof T & string)[]): ValidationRule<T> {
  const tests = fields.map((field) => `has(self.${field})`).join(', ')
  return {
    cel: `[${tests}].exists_one(x, x)`,
    message: `write exactly one of ${fields.join(', ')}`,
    holds: (value) => fields.filter((field) => value[field] !== undefined).length === 1,
  }
}

/** Two entries of a list must not have the same `key`. Entries without a key are not compared. The CEL runs on the list. */
export function uniqueBy<T>(
  key: (entry: T) => string | undefined,
  cel: string,
  message: string,
): ValidationRule<readonly T[]> {
  const repeated = (list: readonly T[]) =>
    list.map(key).find((text, i, keys) => text !== undefined && keys.indexOf(text) !== i)
  return {
    cel,
    message,
    holds: (list) => repeated(list) === undefined,
    explain: (list) => `${message}: ${repeated(list) ?? ''} is there twice`,
  }
}

/** A list with `listType: set`: the API server itself refuses repeated entries. */
export function uniqueStrings<S extends z.ZodType<string[]>>(schema: S): S {
  return uniqueList(schema, (text: string) => text, { 'x-kubernetes-list-type': 'set' })
}

/** A list with `listType: map`, with one field as the key: the API server itself refuses entries with the same key. */
export function uniqueObjects<K extends string, S extends z.ZodType<Record<K, string>[]>>(schema: S, field: K): S {
  const meta = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [field] }
  return uniqueList(schema, (entry: Record<K, string>) => entry[field], meta)
}

function uniqueList<T, S extends z.ZodType<T[]>>(
  schema: S,
  key: (entry: T) => string,
  meta: Record<string, unknown>,
): S {
  const checked = schema.superRefine((list, context) => {
    const seen = new Set<string>()
    for (const [i, entry] of list.entries()) {
      const text = key(entry)
      if (seen.has(text)) context.addIssue({ code: 'custom', message: `${text} is in the list twice`, path: [i] })
      seen.add(text)
    }
  })
  return checked.meta(meta)
}

function celRule(rule: ValidationRule<never>): Record<string, string> {
  const { cel, message, field } = rule
  return field === undefined ? { rule: cel, message } : { rule: cel, message, fieldPath: `.${field}` }
}
