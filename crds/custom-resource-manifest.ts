import { stringify } from 'yaml'
import { CUSTOM_RESOURCE_DEFINITIONS } from './custom-resource-definition.ts'

const HEADER = '# Generated from crds/schema by `node crds/generate.ts`. Do not edit.\n'

/** The YAML of every CustomResourceDefinition, by file name. */
export function customResourceManifests(): Record<string, string> {
  const entries = Object.entries(CUSTOM_RESOURCE_DEFINITIONS)
  const text = (definition: object) =>
    `${HEADER}${stringify(definition, { lineWidth: 0, aliasDuplicateObjects: false })}`
  return Object.fromEntries(entries.map(([name, definition]) => [name, text(definition)]))
}
