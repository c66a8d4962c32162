/**
 * Strict checks of values that come as JSON. A check returns whether a value is valid. For an invalid value, the check
 * writes the wrong field and the expected content into a `Finding`. For a valid value, the check throws nothing and builds
 * nothing, because a table may have 100,000 valid entries.
 */

/** The first wrong field and the content that was expected. A check writes into this object. */
export interface Finding {
  field: string
  expected: string
}

export type Check<T> = (value: unknown, finding: Finding) => value is T

/** The check of a field that may be absent. */
interface Optional<T> {
  readonly optional: Check<T>
}

/** A check for each field of T. T has no other fields. */
type Fields<T> = {
  readonly [K in keyof T]-?: undefined extends T[K] ? Optional<Exclude<T[K], undefined>> : Check<T[K]>
}

export function refuse(finding: Finding, expected: string, field = ''): false {
  finding.field = field
  finding.expected = expected
  return false
}

export function optional<T>(check: Check<T>): Optional<T> {
  return { optional: check }
}

/** Checks that a value is an object with these fields and no other field. */
export function record<T extends object>(fields: Fields<T>): Check<T> {
  const known = new Map<string, { readonly check: Check<unknown>; readonly needed: boolean }>()
  for (const [name, field] of Object.entries<Check<unknown> | Optional<unknown>>(fields)) {
    const needed = typeof field === 'function'
    known.set(name, { check: needed ? field : field.optional, needed })
  }
  return (value, finding): value is T => {
    if (!isObject(value)) return refuse(finding, 'an object')
    for (const name of Object.keys(value)) {
      if (!known.has(name)) return refuse(finding, 'no such field', name.slice(0, 64))
    }
    for (const [name, { check, needed }] of known) {
      const part = Object.hasOwn(value, name) ? value[name] : undefined
      if (part === undefined && !needed) continue
      if (!check(part, finding)) return within(finding, name)
    }
    return true
  }
}

/** Checks a value that may be one of several kinds of objects. The text of one field says which kind of object the value is. */
export function variants<T extends object, D extends keyof T & string>(
  discriminant: D,
  checks: { readonly [K in T[D] & string]: Check<Extract<T, { readonly [P in D]: K }>> },
): Check<T> {
  const byName = new Map<unknown, Check<object>>(Object.entries<Check<object>>(checks))
  const expected = [...byName.keys()].join(', ')
  return (value, finding): value is T => {
    if (!isObject(value)) return refuse(finding, 'an object')
    const check = byName.get(value[discriminant])
    return check === undefined ? refuse(finding, `one of ${expected}`, discriminant) : check(value, finding)
  }
}

export function list<T>(item: Check<T>, maxLength: number): Check<readonly T[]> {
  return (value, finding): value is readonly T[] => {
    if (!Array.isArray(value) || value.length > maxLength) {
      return refuse(finding, `a list of at most ${maxLength}`)
    }
    for (let i = 0; i < value.length; i++) {
      if (!item(value[i], finding)) return within(finding, `[${i}]`)
    }
    return true
  }
}

export function oneOf<const T extends string>(...values: readonly T[]): Check<T> {
  const known: ReadonlySet<unknown> = new Set(values)
  return (value, finding): value is T => known.has(value) || refuse(finding, `one of ${values.join(', ')}`)
}

const TAB = 0x09

export function anyText(maxLength: number): Check<string> {
  return (value, finding): value is string =>
    (typeof value === 'string' && value.length <= maxLength) ||
    refuse(finding, `text of at most ${maxLength} characters`)
}

/** Checks a text without control characters. Tabs are allowed. Such a text cannot end a header line. */
export function text(maxLength: number): Check<string> {
  return (value, finding): value is string =>
    (typeof value === 'string' && value.length <= maxLength && !hasControl(value)) ||
    refuse(finding, `text of at most ${maxLength} characters, none of them a control character`)
}

/** Checks a text for which one more condition must hold. */
export function textThat(isRight: (value: string) => boolean, expected: string, maxLength: number): Check<string> {
  const isText = text(maxLength)
  return (value, finding): value is string => isText(value, finding) && (isRight(value) || refuse(finding, expected))
}

export function wholeNumber(min: number, max: number): Check<number> {
  return (value, finding): value is number =>
    (Number.isSafeInteger(value) && typeof value === 'number' && value >= min && value <= max) ||
    refuse(finding, `a whole number from ${min} to ${max}`)
}

export const truth: Check<boolean> = (value, finding): value is boolean =>
  typeof value === 'boolean' || refuse(finding, 'true or false')

/** Whether the value is a JSON object. Its fields are not checked. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function within(finding: Finding, name: string): false {
  const inner = finding.field
  finding.field = inner === '' || inner.startsWith('[') ? `${name}${inner}` : `${name}.${inner}`
  return false
}

function hasControl(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if ((code < 0x20 && code !== TAB) || code === 0x7f) return true
  }
  return false
}
