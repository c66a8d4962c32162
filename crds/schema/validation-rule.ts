import type { z } from 'zod'

/**
 * A rule that a plain schema cannot express. It has two forms that must accept the same values. The API server runs the CEL
 * form when an object is applied. The function runs in every program that uses this schema.
 */
export interface ValidationRule<T> {
  readonly cel: string
  /** What is wrong, and how to repair it. */
  readonly message: string
  /** The field that has the fault. Absent if the fault is in the value as a whole. */
  readonly field?: string
  readonly holds: (value: T) => boolean
  /** Makes a message that names the value. A rule has this function if it can say more than a fixed message. */
  readonly explain?: (value: T) => string
}

/** Adds rules to a schema. They become checks of the schema, and `x-kubernetes-validations` in the generated YAML. */
export function withRules<S extends z.ZodType>(schema: S, ...rules: readonly ValidationRule<z.output<S>>[]): S {
  const checked = schema.superRefine((value, context) => {
    // These rules are checked only if the value has no other fault. The API server also runs CEL only in this case.
    if (context.issues.length > 0) return
    for (const rule of rules) {
      if (rule.holds(value)) continue
      const message = rule.explain?.(value) ?? rule.message
      context.addIssue({ code: 'custom', message, path: rule.field === undefined ? [] : [rule.field] })
    }
  })
  return checked.meta({ 'x-kubernetes-validations': rules.map(celRule) })
}

/** Exactly one of the fields must be set. */
export function exactlyOneOf<T extends object>(...fields: readonly (keyof T & string)[]): ValidationRule<T> {
  const tests = fields.map((field) => `has(self.${field})`).join(', ')
  return {
    cel: `[${tests}].exists_one(x, x)`,
    message: `write exactly one of ${fields.join(', ')}`,
    holds: (value) => fields.filter((field) => value[field] !== undefined).length === 1,
  }
}

/**
 * Two entries of a list must not have the same `key`. Entries without a key are not compared. `self` in the CEL is the list.
 */
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

/** Makes a list with `listType: set`. The API server itself then refuses an entry that is in the list twice. */
export function uniqueStrings<S extends z.ZodType<string[]>>(schema: S): S {
  return uniqueList(schema, (text: string) => text, { 'x-kubernetes-list-type': 'set' })
}

/** The same as `uniqueStrings`, for a list of numbers. */
export function uniqueNumbers<S extends z.ZodType<number[]>>(schema: S): S {
  return uniqueList(schema, (number: number) => String(number), { 'x-kubernetes-list-type': 'set' })
}

/**
 * Makes a list with `listType: map` and `field` as its key. The API server itself then refuses two entries with the same key.
 */
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
