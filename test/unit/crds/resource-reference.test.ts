import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { resourceReference } from '../../../crds/resource-reference.ts'
import { CONDITION_REASONS } from '../../../crds/schema/conditions.ts'

const ROOT = join(import.meta.dirname, '../../..')

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

const page = read('docs/resources.md')

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly 'x-kubernetes-validations'?: readonly { readonly message: string }[]
}

/** Every schema below a root, with its path. */
function nodesOf(schema: Schema, path: string): [string, Schema][] {
  const fields = Object.entries(schema.properties ?? {})
  const children = fields.flatMap(([name, child]) => nodesOf(child, `${path}.${name}`))
  return [[path, schema], ...children, ...(schema.items ? nodesOf(schema.items, `${path}[]`) : [])]
}

/** The part of the page under a heading of the second level. */
function partOf(heading: string): string {
  const [, text = ''] = page.split(`\n## ${heading}\n`)
  return text.split('\n## ', 1)[0] ?? ''
}

/** First cells of the rows of every table whose head begins with a word. */
function firstCells(text: string, head: string): string[] {
  const tables = text.split('\n\n').filter((block) => block.startsWith(`| ${head} |`))
  return tables.flatMap((block) =>
    block
      .trim()
      .split('\n')
      .slice(2)
      .map((row) => /^\| `([^`]*)` \|/.exec(row)?.[1] ?? row),
  )
}

const definitionIn = (file: string) => parseAllDocuments(read(file))[0]?.toJS()

describe('docs/resources.md', () => {
  it('is what the schemas say', () => {
    expect(read('docs/resources.md')).toBe(resourceReference())
  })

  it.each([
    ['SipTrunk', 'crds/siptrunks.yaml'],
    ['DispatchRule', 'crds/dispatchrules.yaml'],
  ])('has a row for every field, rule and column of a %s, and no other', (kind, file) => {
    const [version] = definitionIn(file).spec.versions
    const spec: Schema = version.schema.openAPIV3Schema.properties.spec
    const nodes = nodesOf(spec, 'spec')
    const fields = nodes.map(([path]) => path).filter((path) => path !== 'spec' && !path.endsWith('[]'))
    const rules = nodes.flatMap(([path, node]) => (node['x-kubernetes-validations'] ?? []).map(() => path))
    const [describing = '', checking = ''] = partOf(kind).split(`### ${kind} rules`)
    expect(firstCells(describing, 'field | type').toSorted()).toEqual(fields.toSorted())
    expect(firstCells(checking, 'field | message')).toEqual(rules)
    const columns: { readonly jsonPath: string }[] = version.additionalPrinterColumns
    for (const { jsonPath } of columns) expect(describing).toContain(`\`${jsonPath}\``)
    for (const [, node] of nodes) {
      for (const { message } of node['x-kubernetes-validations'] ?? []) expect(checking).toContain(`| ${message} |`)
    }
  })

  it('says of the status what both kinds have', () => {
    const status = (file: string): Schema =>
      definitionIn(file).spec.versions[0].schema.openAPIV3Schema.properties.status
    expect(status('crds/siptrunks.yaml')).toEqual(status('crds/dispatchrules.yaml'))
    expect(firstCells(partOf('Status'), 'field | type')).toContain('status.conditions[].reason')
  })

  it.each(Object.entries(CONDITION_REASONS))('has every reason of the condition %s, and no other', (type, reasons) => {
    const [, section = ''] = page.split(`\n### Condition ${type}\n`)
    expect(firstCells(section.split('\n### ', 1)[0] ?? '', 'reason')).toEqual([...reasons])
  })

  it('has no reason that the operator never sets', () => {
    const files = readdirSync(join(ROOT, 'operator'), { recursive: true, encoding: 'utf8' })
    const code = files.filter((file) => file.endsWith('.ts')).map((file) => read(`operator/${file}`))
    const text = code.join('\n')
    const reasons = Object.values(CONDITION_REASONS).flat()
    expect(reasons.filter((reason) => !text.includes(`'${reason}'`))).toEqual([])
  })
})
