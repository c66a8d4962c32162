/**
 * Makes a structural schema of Kubernetes (apiextensions.k8s.io/v1) from an OpenAPI schema. Throws an error with the path of
 * the field if Kubernetes would refuse the schema, or if the schema sets no limit to the cost of a CEL rule.
 */

/** One rule of `x-kubernetes-validations`. */
export interface CelRule {
  readonly rule: string
  readonly message: string
}

/** One node of a structural schema, as plain JSON. */
export interface StructuralSchema {
  [keyword: string]: unknown
  /** Absent if the value may be a number or a text. */
  type?: string
  description?: string
  format?: string
  enum?: readonly string[]
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  required?: readonly string[]
  properties?: Record<string, StructuralSchema>
  items?: StructuralSchema
  'x-kubernetes-list-type'?: 'set' | 'map'
  'x-kubernetes-list-map-keys'?: readonly string[]
  'x-kubernetes-validations'?: readonly CelRule[]
}

const KEPT = [
  ...['description', 'type', 'format', 'enum', 'pattern', 'minimum', 'maximum', 'minLength', 'maxLength'],
  ...['minItems', 'maxItems', 'required', 'properties', 'items'],
]

const INT_OR_STRING = 'x-kubernetes-int-or-string'

/**
 * Makes a structural schema from the schema that zod writes. Throws an Error with the path of a part that has no structural
 * form.
 */
export function structuralSchema(source: unknown, path = 'spec'): StructuralSchema {
  const schema = asRecord(source, path)
  if (schema[INT_OR_STRING] === true) return intOrString(schema, path)
  const { type } = schema
  if (typeof type !== 'string') throw new Error(`${path}: a structural schema needs one type`)
  refuseUnknown(schema, path)
  requireBounds(schema, path)
  const kept = Object.entries(schema).filter(([keyword]) => KEPT.includes(keyword) || isExtension(keyword))
  const result: StructuralSchema = { ...Object.fromEntries(kept), type }
  // The API server itself checks the format date-time, so the pattern is not needed.
  if (schema['format'] === 'date-time') delete result['pattern']
  switch (type) {
    case 'integer':
      result['format'] = integerFormat(schema, path)
      break
    case 'array':
      result.items = structuralSchema(schema['items'], `${path}[]`)
      break
    case 'object':
      result.properties = propertiesOf(schema, path)
  }
  return result
}

const INT32_MAX = 2 ** 31 - 1

/**
 * The format of an integer. It must be wide enough for both bounds: if a bound does not fit the format, the API server refuses
 * every value.
 */
function integerFormat({ minimum, maximum }: Record<string, unknown>, path: string): 'int32' | 'int64' {
  if (typeof minimum !== 'number' || typeof maximum !== 'number') throw new Error(`${path}: an integer needs bounds`)
  return maximum > INT32_MAX || minimum < -INT32_MAX ? 'int64' : 'int32'
}

/**
 * A number or a text: the only union that Kubernetes has. The bounds of both types can stand side by side, because each bound
 * applies to only one of the types.
 */
function intOrString(schema: Record<string, unknown>, path: string): StructuralSchema {
  const { anyOf, description } = schema
  const parts = Array.isArray(anyOf) ? anyOf.map((part) => structuralSchema(part, path)) : []
  if (parts.map(({ type }) => type).join() !== 'integer,string') throw new Error(`${path}: is no number or text`)
  const bounds = Object.assign({}, ...parts.map(({ type: _type, format: _format, ...rest }) => rest))
  return { description, anyOf: [{ type: 'integer' }, { type: 'string' }], [INT_OR_STRING]: true, ...bounds }
}

function propertiesOf(schema: Record<string, unknown>, path: string): Record<string, StructuralSchema> {
  const properties = Object.entries(asRecord(schema['properties'], path))
  return Object.fromEntries(properties.map(([name, value]) => [name, structuralSchema(value, `${path}.${name}`)]))
}

/**
 * Refuses unknown keywords. Two keywords are allowed here and left out of the result. Kubernetes forbids `additionalProperties:
 * false` beside `properties`. A `default` is left out, because defaults are filled in when an object is read. So the API server
 * stores only what the user wrote.
 */
function refuseUnknown(schema: Record<string, unknown>, path: string): void {
  for (const [keyword, value] of Object.entries(schema)) {
    if (KEPT.includes(keyword) || isExtension(keyword)) continue
    if (keyword === 'default' || (keyword === 'additionalProperties' && value === false)) continue
    throw new Error(`${path}: ${keyword} has no place in a structural schema`)
  }
  const { pattern } = schema
  if (typeof pattern === 'string' && /\(\?[=!<]|\\[1-9]/.test(pattern)) {
    throw new Error(`${path}: the pattern uses look-around or back-references, which RE2 does not know`)
  }
}

/**
 * Requires a bound for each list and text. Without the bound, the API server would estimate an unlimited cost for the rules on
 * it.
 */
function requireBounds(schema: Record<string, unknown>, path: string): void {
  switch (schema['type']) {
    case 'array':
      if (typeof schema['maxItems'] !== 'number') throw new Error(`${path}: a list needs maxItems`)
      break
    case 'string': {
      const bounded = typeof schema['maxLength'] === 'number' || 'enum' in schema || schema['format'] === 'date-time'
      if (!bounded) throw new Error(`${path}: a string needs maxLength`)
    }
  }
}

function isExtension(keyword: string): boolean {
  return keyword.startsWith('x-kubernetes-')
}

function asRecord(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error(`${path}: a schema is a map`)
  return { ...value }
}
