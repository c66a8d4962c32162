import { describe, expect, it } from '@jest/globals'
import { fieldSections, ruleTable, table } from '../../../crds/field-reference.ts'
import type { StructuralSchema } from '../../../crds/structural-schema.ts'

/** Without the space that aligns columns. */
const narrow = (text: string): string => text.replaceAll(/ +/g, ' ')

/** The row of a field. */
function rowOf(field: StructuralSchema, required: readonly string[] = []): string | undefined {
  const sections = fieldSections({ type: 'object', required, properties: { name: field } }, 'spec', (path) => path)
  return narrow(sections[0] ?? '').split('\n')[4]
}

describe('a table of fields', () => {
  it('says what a text may be', () => {
    expect(rowOf({ type: 'string', minLength: 1, maxLength: 9, pattern: '^a|b$', description: 'A name.' })).toBe(
      '| `spec.name` | string | no | 1 to 9 characters; `^a\\|b$` | A name. |',
    )
  })

  it('says whether a field must be there', () => {
    expect(rowOf({ type: 'boolean' }, ['name'])).toBe('| `spec.name` | boolean | yes | | |')
    expect(rowOf({ type: 'integer', minimum: 0, maximum: 3 })).toBe('| `spec.name` | integer | no | 0 to 3 | |')
  })

  it('says how many entries a list has, which is what makes two of them the same, and what each may be', () => {
    const items = { type: 'string', enum: ['UDP', 'TCP'] }
    const set: StructuralSchema = { type: 'array', maxItems: 2, 'x-kubernetes-list-type': 'set', items }
    expect(rowOf(set)).toBe(
      '| `spec.name` | list of string | no | at most 2 entries; each once; each one of `UDP`, `TCP` | |',
    )
    const map: StructuralSchema = {
      type: 'array',
      minItems: 1,
      items: { type: 'object' },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uri'],
    }
    expect(rowOf(map)).toBe('| `spec.name` | list of object | no | at least 1 entries; each `uri` once | |')
  })

  it('writes what Markdown would read as something else', () => {
    const row = rowOf({ type: 'string', minLength: 2, maxLength: 2, pattern: 'a`b', description: '^\\+1(5|6) * <b>' })
    expect(row).toBe('| `spec.name` | string | no | 2 characters; ``a`b`` | ^\\\\+1(5\\|6) \\* \\<b> |')
  })

  it('calls the one union that Kubernetes knows by both names', () => {
    expect(rowOf({ 'x-kubernetes-int-or-string': true })).toBe('| `spec.name` | integer or string | no | | |')
  })

  it('gives each object below a section of its own, entries of lists too', () => {
    const inner: StructuralSchema = { type: 'object', properties: { b: { type: 'string' } } }
    const properties = { one: inner, many: { type: 'array', items: inner } }
    const sections = fieldSections({ type: 'object', properties }, 'spec', (path) => `### ${path}`)
    expect(sections.map((section) => section.split('\n', 1)[0])).toEqual([
      ...['### spec', '### spec.one', '### spec.many[]'],
    ])
    expect(sections[2]).toContain('| `spec.many[].b` |')
  })
})

describe('a table', () => {
  it('has a line for the head, one below it and one for each row', () => {
    expect(table(['a', 'name'], [['long', 'b']])).toBe('| a | name |\n| --- | --- |\n| long | b |\n')
  })
})

describe('a table of rules', () => {
  it('has the rules of the object, of its fields and of the entries of its lists', () => {
    const rule = (text: string) => ({ 'x-kubernetes-validations': [{ rule: text, message: `${text} fails` }] })
    const list: StructuralSchema = { type: 'array', ...rule('b'), items: { type: 'string', ...rule('c || d') } }
    const text = ruleTable({ type: 'object', ...rule('a'), properties: { list } }, 'spec')
    expect(narrow(text).trim().split('\n').slice(2)).toEqual([
      '| `spec` | a fails | `a` |',
      '| `spec.list` | b fails | `b` |',
      '| `spec.list[]` | c \\|\\| d fails | `c \\|\\| d` |',
    ])
  })
})
