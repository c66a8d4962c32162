import { stringify } from 'yaml'
import { CUSTOM_RESOURCE_DEFINITIONS, type CustomResourceDefinition } from './custom-resource-definition.ts'
import { unknownFieldPolicy } from './unknown-fields.ts'

const HEADER = '# Generated from crds/schema by `node crds/generate.ts`. Do not edit.\n'

/**
 * Returns one YAML text for each CustomResourceDefinition; the keys are file names. Each text also has the policy that refuses
 * unknown fields.
 */
export function customResourceManifests(): Record<string, string> {
  const entries = Object.entries(CUSTOM_RESOURCE_DEFINITIONS)
  return Object.fromEntries(entries.map(([name, definition]) => [name, HEADER + documents(definition)]))
}

function documents(definition: CustomResourceDefinition): string {
  const { group, names, versions } = definition.spec
  const policies = versions.flatMap(({ name: version, schema }) =>
    unknownFieldPolicy({ group, version, plural: names.plural }, schema.openAPIV3Schema),
  )
  const texts = [definition, ...policies].map((object) =>
    stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }),
  )
  return texts.join('---\n')
}
