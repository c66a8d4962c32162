import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { customResourceManifests } from '../../../../crds/custom-resource-manifest.ts'
import { oldDefinitions, oldDefinitionText } from '../../../../operator/watch/served-definition.ts'

/** A document as an API server publishes it for these definitions. */
function published(...texts: readonly string[]): { components: { schemas: Record<string, object> } } {
  const schemas = texts.map((text) => {
    const { spec } = parseAllDocuments(text)[0]?.toJS() ?? {}
    const names = [{ group: spec.group, kind: spec.names.kind, version: 'v1alpha1' }]
    return [spec.names.kind, { ...spec.versions[0].schema.openAPIV3Schema, 'x-kubernetes-group-version-kind': names }]
  })
  return { components: { schemas: Object.fromEntries(schemas) } }
}

const CURRENT = Object.values(customResourceManifests())
const RULES = customResourceManifests()['dispatchrules.yaml'] ?? ''
const OLD = ['siptrunks', 'dispatchrules'].map((name) => {
  return readFileSync(join(import.meta.dirname, `../../../cluster/pruning-definitions/${name}.yaml`), 'utf8')
})

describe('the definitions that are served', () => {
  it('are those of this version where nothing is missing and nothing is dropped', () => {
    expect(oldDefinitions(published(...CURRENT))).toEqual([])
  })

  it('are old where they drop what they do not know, though no field is missing', () => {
    const dropping = CURRENT.map((text) => text.replaceAll(/^ *x-kubernetes-preserve-unknown-fields: true\n/gm, ''))
    expect(dropping).not.toEqual(CURRENT)
    expect(oldDefinitions(published(...dropping))).toEqual([
      { kind: 'SipTrunk', missing: [], drops: true },
      { kind: 'DispatchRule', missing: [], drops: true },
    ])
  })

  it('are old where they are of an earlier version: each new part is told once', () => {
    expect(oldDefinitions(published(...OLD))).toEqual([
      { kind: 'SipTrunk', missing: ['spec.responses.overLimit', 'spec.limits'], drops: true },
      {
        kind: 'DispatchRule',
        missing: expect.arrayContaining(['spec.match.schedule', 'spec.limits']),
        drops: true,
      },
    ])
  })

  it('are old where one object of many drops fields', () => {
    const lines = RULES.split('\n')
    const keeping = lines.flatMap((line, i) => (line.includes('x-kubernetes-preserve-unknown-fields') ? [i] : []))
    expect(keeping.length).toBeGreaterThan(10)
    for (const one of keeping) {
      const text = lines.filter((_, i) => i !== one).join('\n')
      expect(oldDefinitions(published(text))).toEqual([{ kind: 'DispatchRule', missing: [], drops: true }])
    }
  })

  it('are old where a field is missing, inside a list too, and its path is told', () => {
    const document = published(RULES.replaceAll(/\bweight:\n/g, 'share:\n'))
    const [old] = oldDefinitions(document)
    expect(old).toEqual({ kind: 'DispatchRule', missing: ['spec.action.route.backends[].weight'], drops: false })
    expect(old && oldDefinitionText(old)).toBe(
      'the CustomResourceDefinition of DispatchRule is older than this operator: it lacks spec.action.route.backends[].weight; apply the CustomResourceDefinitions of this release',
    )
  })

  it('tells the first ten of many missing fields', () => {
    const missing = Array.from({ length: 12 }, (_, i) => `spec.f${i}`)
    expect(oldDefinitionText({ kind: 'SipTrunk', missing, drops: true })).toMatch(
      /it drops fields .* unnoticed, and it lacks spec\.f0, .*spec\.f9 and 2 more; apply/,
    )
  })

  it.each([[undefined], [{}], [{ components: { schemas: { One: 'text', Two: {} } } }]])(
    'are not told to be old where none is served: %j',
    (document) => {
      expect(oldDefinitions(document)).toEqual([])
    },
  )
})
