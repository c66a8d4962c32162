import { z } from 'zod'
import { nearestName } from './nearest-name.ts'

/** A fault of one field of an object. */
export interface FieldFault {
  readonly code: 'unknown_field' | 'required' | 'wrong_type' | 'wrong_value' | 'out_of_bounds' | 'rule'
  /** The keys and indexes that lead from the root of the object to the field. */
  readonly path: readonly (string | number)[]
  readonly message: string
  /** A correct value or form, if it is short. */
  readonly expected?: string
}

export type ObjectReading<T> =
  | { readonly ok: true; readonly object: T }
  | { readonly ok: false; readonly faults: readonly FieldFault[] }

/** Reads a parsed document with a schema. Returns the object with its defaults, or all faults of the document. Never throws. */
export function readObject<S extends z.ZodType>(schema: S, value: unknown): ObjectReading<z.output<S>> {
  const result = schema.safeParse(value, { reportInput: true })
  if (result.success) return { ok: true, object: result.data }
  return {
    ok: false,
    faults: withoutConsequences(
      result.error.issues.flatMap((issue) => faultsOf(issue, schema)),
      value,
    ),
  }
}

/**
 * If a name is misspelt, the field with the correct name is absent. Only the misspelt name is reported: the fault about the
 * absent field is left out.
 */
function withoutConsequences(faults: readonly FieldFault[], value: unknown): FieldFault[] {
  const misspelt = faults
    .filter(({ code, expected }) => code === 'unknown_field' && expected !== undefined)
    .map(({ path, expected }) => JSON.stringify([...path.slice(0, -1), expected]))
  return faults.filter(({ path }) => !misspelt.includes(JSON.stringify(path)) || valueAt(value, path) !== undefined)
}

function valueAt(value: unknown, path: FieldFault['path']): unknown {
  return path.reduce((here: unknown, step) => (here === undefined ? here : Reflect.get(Object(here), step)), value)
}

type Issue = z.core.$ZodIssue

function faultsOf(issue: Issue, schema: z.ZodType): FieldFault[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)))
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownField([...path, key], fieldsAt(schema, path)))
  }
  if (issue.code === 'invalid_type') return [typeFault(issue, path)]
  if (issue.code === 'invalid_value') return [valueFault(issue, path)]
  if (issue.code === 'too_small' || issue.code === 'too_big') return [boundFault(issue, path)]
  return [{ code: issue.code === 'custom' ? 'rule' : 'wrong_value', path, message: issue.message }]
}

function unknownField(path: readonly (string | number)[], known: readonly string[]): FieldFault {
  const near = nearestName(String(path.at(-1)), known)
  const expected = near === undefined ? `one of ${known.join(', ')}` : near
  return { code: 'unknown_field', path, message: 'unknown field', ...(known.length > 0 ? { expected } : {}) }
}

function typeFault(issue: Extract<Issue, { code: 'invalid_type' }>, path: FieldFault['path']): FieldFault {
  const expected = TYPE_NAMES[issue.expected] ?? issue.expected
  if (issue.input === undefined) return { code: 'required', path, message: 'is required', expected }
  // YAML reads +1555 without quotes as a number, and yes as a boolean.
  const quoted = expected === 'string' && typeof issue.input !== 'object' ? 'string, in quotes' : expected
  return { code: 'wrong_type', path, message: `is ${describe(issue.input)}`, expected: quoted }
}

const TYPE_NAMES: Readonly<Record<string, string>> = { array: 'list', object: 'map', int: 'whole number' }

function valueFault(issue: Extract<Issue, { code: 'invalid_value' }>, path: FieldFault['path']): FieldFault {
  const expected = issue.values.map(String).join(' | ')
  if (issue.input === undefined) return { code: 'required', path, message: 'is required', expected }
  const advice = issue.values.includes('UDP') && isOtherTransport(issue.input) ? `: ${NO_TLS}` : ''
  return { code: 'wrong_value', path, message: `is ${describe(issue.input)}${advice}`, expected }
}

const NO_TLS = 'it is not there yet, so end it at a SIP proxy before the ingress, which then speaks UDP or TCP'

function isOtherTransport(value: unknown): boolean {
  return typeof value === 'string' && /^(tls|wss?|sctp)$/i.test(value)
}

function boundFault(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>, path: FieldFault['path']): FieldFault {
  const small = issue.code === 'too_small'
  const bound = `${small ? 'at least' : 'at most'} ${small ? issue.minimum : issue.maximum}`
  const expected = `${bound}${UNITS[issue.origin] ?? ''}`
  // If the schema has its own message for this bound, that message helps the user more.
  if (!/^Too (small|big)/.test(issue.message)) return { code: 'out_of_bounds', path, message: issue.message, expected }
  return { code: 'out_of_bounds', path, message: small ? 'is below its bound' : 'is above its bound', expected }
}

const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' }

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return `the ${typeof value} ${JSON.stringify(value)}`
}

/** The names of the fields that the schema has at a path. Empty if the schema has no such path. */
function fieldsAt(schema: z.ZodType, path: FieldFault['path']): string[] {
  let here: unknown = unwrap(schema)
  for (const step of path) here = unwrap(stepInto(here, step))
  return here instanceof z.ZodObject ? Object.keys(here.shape) : []
}

function stepInto(schema: unknown, step: string | number): unknown {
  if (schema instanceof z.ZodArray) return schema.element
  return schema instanceof z.ZodObject ? schema.shape[step] : undefined
}

function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(schema.unwrap())
  }
  return schema
}
