import { CONDITION_REFERENCE, type ReasonReference } from './condition-reference.ts'
import { CUSTOM_RESOURCE_DEFINITIONS, type CustomResourceDefinition } from './custom-resource-definition.ts'
import { code, fieldSections, ruleTable, table } from './field-reference.ts'
import { API_GROUP, API_VERSION } from './schema/api-object.ts'
import type { StructuralSchema } from './structural-schema.ts'

const INTRODUCTION = `# Resources

Every field, rule and condition of a SipTrunk and a DispatchRule. Generated from \`crds/schema\` by \`node crds/generate.ts\`. Do not
edit.

\`apiVersion\` is \`${API_GROUP}/${API_VERSION}\`. Both kinds live in a namespace, and a rule names trunks and Services of its own
namespace only. A field that stands in no table is refused with the name that was probably meant: by \`sip-dispatch lint\`, and on a
cluster for every client, \`--validate=false\` and Helm included, by the ValidatingAdmissionPolicy that is in the files of the
definitions. Where that is missing, the object is not in the table (\`Accepted=False\`, \`UnknownField\`). What is stored is what was
written: defaults are filled in by whoever reads it. \`kubectl explain\` shows the same descriptions, and \`kubectl get sip\` lists both kinds.
`

const STATUS_INTRODUCTION = `## Status

The operator writes it; both kinds have the same. A condition that asks for something is told as an Event, too, with
the same reason.
`

/** The text of docs/resources.md. */
export function resourceReference(): string {
  const definitions = Object.values(CUSTOM_RESOURCE_DEFINITIONS)
  return [INTRODUCTION, ...definitions.flatMap(kindSections), ...statusSections(definitions)].join('\n')
}

function kindSections({ spec: { names, versions } }: CustomResourceDefinition): string[] {
  const { kind, plural, shortNames } = names
  return versions.flatMap(({ schema, additionalPrinterColumns: columns }) => {
    const { openAPIV3Schema: root } = schema
    const rows = columns.map(({ name, jsonPath, priority }) => [name, code(jsonPath), priority ? 'yes' : 'no'])
    const names = `\`kubectl get ${plural}\`, in short \`${shortNames.join('`, `')}\`, shows:`
    const spec = part(root, 'spec')
    return [
      `## ${kind}\n\n${root.description ?? ''}\n\n${names}\n\n${table(['column', 'field', 'only with -o wide'], rows)}`,
      ...fieldSections(spec, 'spec', (path) => `### ${kind} ${path}`),
      `### ${kind} rules\n\nWhat the API server checks beyond types and bounds:\n\n${ruleTable(spec, 'spec')}`,
    ]
  })
}

function statusSections([definition]: readonly CustomResourceDefinition[]): string[] {
  const roots = definition?.spec.versions.map(({ schema }) => part(schema.openAPIV3Schema, 'status')) ?? []
  const fields = roots.flatMap((root) => fieldSections(root, 'status', (path) => `### ${path}`))
  return [STATUS_INTRODUCTION, ...fields, ...Object.entries(CONDITION_REFERENCE).map(conditionSection)]
}

function conditionSection([type, { meaning, reasons }]: [
  string,
  { readonly meaning: string; readonly reasons: Readonly<Record<string, ReasonReference>> },
]): string {
  const rows = Object.entries(reasons).map(([reason, one]) => [code(reason), one.status, one.meaning, one.remedy])
  return `### Condition ${type}\n\n${meaning}\n\n${table(['reason', 'status', 'what it means', 'what to do'], rows)}`
}

function part(root: StructuralSchema, name: 'spec' | 'status'): StructuralSchema {
  const found = root.properties?.[name]
  if (!found) throw new Error(`RESOURCE_REFERENCE: the schema has no ${name}`)
  return found
}
