import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { RE2JS } from 're2js'
import { parseAllDocuments } from 'yaml'
import { customResourceManifests } from '../../../crds/custom-resource-manifest.ts'

const manifests = customResourceManifests()
const folder = join(import.meta.dirname, '../../../crds')

interface Schema {
  [keyword: string]: unknown
  type?: unknown
  properties?: Record<string, Schema>
  items?: Schema
}

interface Rule {
  rule: string
  message?: string
  fieldPath?: string
}

/** The definition, its policy and the binding of that. */
const objectsOf = (text: string) => parseAllDocuments(text).map((document) => document.toJS())

const rootOf = (text: string): Schema => objectsOf(text)[0].spec.versions[0].schema.openAPIV3Schema

/** Every schema below a root, with its path. */
function nodesOf(schema: Schema, path = ''): [string, Schema][] {
  const children = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => nodesOf(child, `${path}.${name}`))
  return [[path, schema], ...children, ...(schema.items ? nodesOf(schema.items, `${path}[]`) : [])]
}

const rulesOf = (schema: Schema): Rule[] => (schema['x-kubernetes-validations'] ?? []) as Rule[]

/** Keywords of apiextensions.k8s.io/v1 JSONSchemaProps that may stand in a structural schema. */
const ALLOWED = new Set([
  ...['description', 'type', 'format', 'enum', 'pattern', 'minimum', 'maximum', 'minLength', 'maxLength'],
  ...['minItems', 'maxItems', 'required', 'properties', 'items', 'x-kubernetes-validations'],
  ...['x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-preserve-unknown-fields'],
])

const INT_OR_STRING = 'x-kubernetes-int-or-string'

describe.each(Object.entries(manifests))('crds/%s', (name, text) => {
  const [definition, policy, binding] = objectsOf(text)
  const nodes = nodesOf(rootOf(text))

  it('is what the schemas say', () => {
    expect(readFileSync(join(folder, name), 'utf8')).toBe(text)
  })

  it('is namespaced, in the category sip, named after its plural and has a status subresource', () => {
    const { group, names, scope, versions } = definition.spec
    expect(definition.metadata.name).toBe(`${names.plural}.${group}`)
    expect(name).toBe(`${names.plural}.yaml`)
    expect({ group, scope, categories: names.categories }).toEqual({
      group: 'sipdispatch.dev',
      scope: 'Namespaced',
      categories: ['sip'],
    })
    expect(versions).toHaveLength(1)
    expect(versions[0]).toMatchObject({ name: 'v1alpha1', served: true, storage: true, subresources: { status: {} } })
  })

  it('has keywords of a structural schema only, and one type in every place but for a number or a text', () => {
    const typed = nodes.filter(([, schema]) => !(INT_OR_STRING in schema))
    for (const [path, schema] of typed) {
      expect({ path, unknown: Object.keys(schema).filter((keyword) => !ALLOWED.has(keyword)) }).toEqual({
        path,
        unknown: [],
      })
      expect(['object', 'array', 'string', 'integer', 'number', 'boolean']).toContain(schema.type)
    }
    const others = nodes.filter(([, schema]) => INT_OR_STRING in schema).map(([, schema]) => schema['anyOf'])
    expect(others).toEqual(others.map(() => [{ type: 'integer' }, { type: 'string' }]))
    expect(typed.length).toBeGreaterThan(25)
  })

  it('bounds every list and every text below spec and status', () => {
    const open = nodes.filter(([path, schema]) => {
      if (!/^\.(spec|status)/.test(path)) return false
      if (schema.type === 'array') return typeof schema['maxItems'] !== 'number'
      return (
        (schema.type === 'string' || INT_OR_STRING in schema) &&
        !('maxLength' in schema || 'enum' in schema || schema['format'] === 'date-time')
      )
    })
    expect(open.map(([path]) => path)).toEqual([])
  })

  it('requires fields that exist', () => {
    for (const [path, schema] of nodes) {
      for (const field of (schema['required'] ?? []) as string[]) {
        expect({ path, field, found: schema.properties?.[field] !== undefined }).toEqual({ path, field, found: true })
      }
    }
  })

  it('has no default, so that what is stored is what was written', () => {
    expect(nodes.filter(([, schema]) => 'default' in schema).map(([path]) => path)).toEqual([])
  })

  it('drops no field of any object that users write', () => {
    const dropping = nodes.filter(([path, { properties, ...schema }]) => {
      return properties && /^(|\.spec.*)$/.test(path) && schema['x-kubernetes-preserve-unknown-fields'] !== true
    })
    expect(dropping.map(([path]) => path)).toEqual([])
  })

  it('comes with a policy for every field of every object, on writes of the object itself and not of its status', () => {
    const { group, names } = definition.spec
    expect(policy.spec.matchConstraints.resourceRules).toEqual([
      {
        apiGroups: [group],
        apiVersions: ['v1alpha1'],
        operations: ['CREATE', 'UPDATE'],
        resources: [names.plural],
      },
    ])
    expect(binding.spec).toEqual({ policyName: policy.metadata.name, validationActions: ['Deny'] })
    const expression: string = policy.spec.variables[0].expression
    for (const [path, { properties }] of nodes) {
      if (!properties || !/^(|\.spec.*)$/.test(path)) continue
      const known = Object.keys(properties).map((name) => `'${name}'`)
      expect(expression).toContain(`'known': dyn([${known.join(', ')}])`)
    }
  })

  it('has map keys that are required fields of the entries', () => {
    for (const [path, schema] of nodes.filter(([, node]) => node['x-kubernetes-list-type'] === 'map')) {
      expect({ path, required: schema.items?.['required'] }).toEqual({
        path,
        required: expect.arrayContaining(schema['x-kubernetes-list-map-keys'] as string[]),
      })
    }
  })

  it('has rules with a message, on fields that exist, and patterns that RE2 reads', () => {
    for (const [path, schema] of nodes) {
      for (const rule of rulesOf(schema)) {
        expect({ path, message: rule.message }).toEqual({ path, message: expect.stringMatching(/\w{2,}/) })
        if (rule.fieldPath) expect(schema.properties).toHaveProperty([rule.fieldPath.slice(1)])
        for (const [, pattern = ''] of rule.rule.matchAll(/self\.matches\('([^']*)'\)/g)) RE2JS.compile(pattern)
      }
      if (typeof schema['pattern'] === 'string')
        expect(RE2JS.compile(schema['pattern']).pattern()).toBe(schema['pattern'])
    }
  })

  it('explains every field that users write', () => {
    const mute = nodes.filter(([path, schema]) => /^\.spec/.test(path) && !path.endsWith(']') && !schema['description'])
    expect(mute.map(([path]) => path)).toEqual([])
  })
})

describe('the rules of the definitions', () => {
  const at = (name: string, path: string) => {
    const found = nodesOf(rootOf(manifests[name] ?? '')).find(([place]) => place === path)
    return found ? rulesOf(found[1]).map(({ rule }) => rule) : []
  }

  it('tie the parts of an action to its type', () => {
    expect(at('dispatchrules.yaml', '.spec.action')).toEqual([
      "self.type != 'Route' || has(self.route)",
      "self.type == 'Route' || !has(self.route)",
      "self.type != 'Redirect' || has(self.redirect)",
      "self.type == 'Redirect' || !has(self.redirect)",
      "self.type != 'Reject' || has(self.reject)",
      "self.type == 'Reject' || !has(self.reject)",
    ])
  })

  it('let a number condition be of one kind only', () => {
    const rule = '[has(self.exact), has(self.prefix), has(self.range), has(self.regex)].exists_one(x, x)'
    expect(at('dispatchrules.yaml', '.spec.match.called[]')).toEqual([rule])
    expect(at('siptrunks.yaml', '.spec.called[]')).toEqual([rule])
  })

  it('refuse networks that are none', () => {
    expect(at('siptrunks.yaml', '.spec.sources[]')).toEqual(['isIP(self) || isCIDR(self)'])
  })
})
