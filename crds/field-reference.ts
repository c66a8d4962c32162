/** Writes Markdown tables that show the fields and the CEL rules of a structural schema. */
import type { CelRule, StructuralSchema } from './structural-schema.ts'

/**
 * Returns one section for an object and one for each object inside it. `heading` makes the heading of a section from a path
 * such as `spec.match`.
 */
export function fieldSections(schema: StructuralSchema, path: string, heading: (path: string) => string): string[] {
  const fields = Object.entries(schema.properties ?? {})
  const rows = fields.map(([name, field]) => [
    code(`${path}.${name}`),
    typeOf(field),
    schema.required?.includes(name) ? 'yes' : 'no',
    boundsOf(field),
    plain(field.description ?? ''),
  ])
  const own = `${heading(path)}\n\n${table(['field', 'type', 'required', 'allowed', 'what it is for'], rows)}`
  const nested = fields.flatMap(([name, field]) => {
    if (field.type === 'object') return fieldSections(field, `${path}.${name}`, heading)
    return field.items?.type === 'object' ? fieldSections(field.items, `${path}.${name}[]`, heading) : []
  })
  return [own, ...nested]
}

/** Returns a table of all CEL rules of a schema. A row has the field, the message and the expression of one rule. */
export function ruleTable(schema: StructuralSchema, path: string): string {
  const rows = rulesBelow(schema, path).map(([place, { message, rule }]) => [code(place), plain(message), code(rule)])
  return table(['field', 'message', 'CEL'], rows)
}

function rulesBelow(schema: StructuralSchema, path: string): [path: string, rule: CelRule][] {
  const own = (schema['x-kubernetes-validations'] ?? []).map((rule): [string, CelRule] => [path, rule])
  const fields = Object.entries(schema.properties ?? {})
  const below = fields.flatMap(([name, field]) => rulesBelow(field, `${path}.${name}`))
  return [...own, ...below, ...(schema.items ? rulesBelow(schema.items, `${path}[]`) : [])]
}

function typeOf({ type, items, format }: StructuralSchema): string {
  if (type === undefined) return 'integer or string'
  if (items) return `list of ${typeOf(items)}`
  return format === 'date-time' ? 'string, date-time' : type
}

function boundsOf(schema: StructuralSchema): string {
  const { enum: values, pattern, items, minimum, maximum, minLength, maxLength, minItems, maxItems } = schema
  const keys = schema['x-kubernetes-list-map-keys']?.map(code).join(', ')
  const listType = schema['x-kubernetes-list-type']
  const each = items && items.type !== 'object' ? boundsOf(items) : ''
  return [
    ...(values ? [`one of ${values.map(code).join(', ')}`] : []),
    ...between(minimum, maximum, ''),
    ...between(minLength, maxLength, ' characters'),
    ...(pattern === undefined ? [] : [code(pattern)]),
    ...between(minItems, maxItems, ' entries'),
    ...(listType === undefined ? [] : [listType === 'set' ? 'each once' : `each ${keys ?? ''} once`]),
    ...(each === '' ? [] : [`each ${each}`]),
  ].join('; ')
}

function between(low: number | undefined, high: number | undefined, unit: string): string[] {
  if (low === undefined && high === undefined) return []
  if (low === high) return [`${low}${unit}`]
  if (low === undefined) return [`at most ${high}${unit}`]
  return [high === undefined ? `at least ${low}${unit}` : `${low} to ${high}${unit}`]
}

/**
 * Makes a Markdown table. The cells must be Markdown already. The columns are not aligned, because padding would double the
 * size of the page.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map(() => '---')
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

/** Formats a text as code inside a cell of a table. The text must not begin or end with a backtick. */
export function code(text: string): string {
  const quoted = text.includes('`') ? `\`\`${text}\`\`` : `\`${text}\``
  return quoted.replaceAll('|', '\\|')
}

/** Escapes a text for a cell of a table. */
function plain(text: string): string {
  return text.replaceAll(/[\\*<|]/g, '\\$&')
}
