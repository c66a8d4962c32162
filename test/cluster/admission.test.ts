/** What the API server itself says to an object, before any operator sees it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it } from '@jest/globals'
import { parseAllDocuments, parseDocument, stringify } from 'yaml'
import { type KubernetesApi, kubernetesApi } from '../support/kubernetes-api.ts'
import { eventually } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { type AdmissionCase, BOUND_CASES, RULE_CASES } from './admission-cases.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const API_VERSION = 'sipdispatch.dev/v1alpha1'

interface Schema {
  readonly 'x-kubernetes-validations'?: readonly { readonly message: string; readonly fieldPath?: string }[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly description?: string
  readonly [keyword: string]: unknown
}

const CRDS = ['siptrunks', 'dispatchrules'].map((plural) => {
  const { spec } = parseDocument(
    readFileSync(join(ROOT, 'crds', `${plural}.yaml`), 'utf8').split('\n---\n', 1)[0] ?? '',
  ).toJS()
  const schema: Schema = spec.versions[0].schema.openAPIV3Schema
  return { plural, kind: String(spec.names.kind), schema }
})

/** Every schema below one, with its path: `spec.sources[]`. */
function* schemas(schema: Schema, path = ''): Generator<[string, Schema]> {
  yield [path, schema]
  if (schema.items) yield* schemas(schema.items, `${path}[]`)
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    yield* schemas(inner, path === '' ? name : `${path}.${name}`)
  }
}

function objectOf(kind: string, name: string, spec: object): object {
  return { apiVersion: API_VERSION, kind, metadata: { name }, spec }
}

/** Manifests in a text: the whole of a YAML file, or the code blocks of a page. */
function manifestsIn(file: string): object[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const parts = file.endsWith('.md')
    ? [...text.matchAll(/```ya?ml\n(.*?)```/gs)].map(([, block = '']) => block)
    : [text]
  const objects = parts.flatMap((part) => parseAllDocuments(part).map((document) => document.toJS()))
  return objects.filter((object) => object?.apiVersion === API_VERSION && object.metadata?.name)
}

function filesWithManifests(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  const files = ['README.md', ...below('docs'), ...below('examples')].filter((name) => /\.(md|ya?ml)$/.test(name))
  return files.filter((file) => manifestsIn(file).length > 0)
}

describeWith(['kubernetes'], 'the API server', () => {
  let api: KubernetesApi
  let namespace: string

  beforeAll(async () => {
    api = await kubernetesApi()
    namespace = await api.namespace()
  })

  const apply = (objects: readonly object[]) =>
    api.kubectl(['apply', '--namespace', namespace, '--dry-run=server', '--filename', '-'], {
      input: objects.map((object) => stringify(object)).join('---\n'),
    })

  /** What is said to each of the objects, by name. */
  async function refusals(cases: readonly AdmissionCase[]): Promise<Map<string, string>> {
    const { stderr } = await apply(cases.map((one, i) => objectOf(one.kind, `case-${i}`, one.bad)))
    return new Map(
      stderr.split(/^(?=(?:Error from server|The ))/m).flatMap((text) => {
        const name = /"(case-\d+)"/.exec(text)?.[1]
        return name === undefined ? [] : [[name, text] as const]
      }),
    )
  }

  /** The server publishes the documentation of a kind some moments after the kind itself. */
  const explained = (field: string): Promise<string> => {
    let refusal = ''
    const ask = async (): Promise<string | undefined> => {
      const { code, stdout, stderr } = await api.kubectl(['explain', field])
      refusal = stderr
      return code === 0 ? stdout : undefined
    }
    return eventually(ask, () => refusal)
  }

  it('has both kinds established, under their short names and in the category', async () => {
    for (const names of ['drule,trunk', 'dispatchrules,siptrunks', 'sip']) {
      expect(await api.kubectl(['get', '--namespace', namespace, names])).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('No resources found'),
      })
    }
  })

  it.each(filesWithManifests())('accepts what %s shows', async (file) => {
    expect(await apply(manifestsIn(file))).toMatchObject({ code: 0, stderr: '' })
  })

  it.each([
    ['rule of the schema', RULE_CASES],
    ['bound of the schema', BOUND_CASES],
  ])('refuses what breaks a %s, and names the field and what to write', async (_, cases) => {
    const said = await refusals(cases)
    const told = cases.map(({ message, at }, i) => {
      const text = said.get(`case-${i}`) ?? 'accepted'
      return text.includes(`${at}: `) && text.includes(message) ? `${at}: ${message}` : text
    })
    expect(told).toEqual(cases.map(({ at, message }) => `${at}: ${message}`))
  })

  it('accepts the nearest objects that are right', async () => {
    const cases = [...RULE_CASES, ...BOUND_CASES]
    const { code, stdout, stderr } = await apply(cases.map((one, i) => objectOf(one.kind, `case-${i}`, one.good)))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.match(/created \(server dry run\)/g)).toHaveLength(cases.length)
  })

  it('has a bad object in this test for each rule that the CustomResourceDefinitions hold', () => {
    const rules = CRDS.flatMap(({ kind, schema }) =>
      [...schemas(schema)].flatMap(([path, { 'x-kubernetes-validations': validations = [] }]) =>
        validations.map(({ message, fieldPath = '' }) => `${kind} ${path}${fieldPath}: ${message}`),
      ),
    )
    const shown = RULE_CASES.map(({ kind, at, message }) => `${kind} ${at.replace(/\[\d+\]/g, '[]')}: ${message}`)
    expect([...new Set(shown)].sort()).toEqual([...new Set(rules)].sort())
    expect(rules.length).toBeGreaterThan(30)
  })

  it('has a bad object in this test for each kind of bound that they hold', () => {
    const structure = ['type', 'properties', 'items', 'description', 'x-kubernetes-validations', 'format']
    const others = [
      'x-kubernetes-list-map-keys',
      'x-kubernetes-preserve-unknown-fields',
      'additionalProperties',
      'oneOf',
      'anyOf',
      'allOf',
    ]
    const keywords = CRDS.flatMap(({ schema }) => {
      const spec = [...schemas(schema)].filter(([path]) => path.startsWith('spec'))
      return spec.flatMap(([, one]) => Object.keys(one))
    })
    const bounds = new Set(keywords.filter((keyword) => ![...structure, ...others].includes(keyword)))
    const shown = new Set(BOUND_CASES.map(({ bound }) => bound))
    expect([...bounds].filter((bound) => !shown.has(bound))).toEqual([])
  })

  it('refuses a field that it does not know, by name', async () => {
    const spec = { match: { hours: {} }, action: { type: 'Reject', reject: { status: 404 } } }
    const { code, stderr } = await apply([objectOf('DispatchRule', 'unknown', spec)])
    expect(code).toBe(1)
    expect(stderr).toContain('spec.match.hours: unknown field (expected one of called, calling, headers, schedule)')
  })

  it.each(CRDS)('explains every field of a $kind', async ({ plural, schema }) => {
    const silent = [...schemas(schema)].filter(([path, one]) => {
      return /^(spec|status)/.test(path) && !path.endsWith(']') && (one.description ?? '').length < 20
    })
    expect(silent.map(([path]) => path)).toEqual([])
    const stdout = await explained(`${plural}.spec`)
    for (const [name, { description = '' }] of Object.entries(schema.properties?.['spec']?.properties ?? {})) {
      expect(stdout).toContain(name)
      expect(stdout.replace(/\s+/g, ' ')).toContain(description.replace(/\s+/g, ' ').slice(0, 60))
    }
  })

  it('explains how a rule matches, as documentation', async () => {
    const stdout = await explained('drule.spec.match')
    for (const field of ['called', 'calling', 'headers'])
      expect(stdout).toMatch(new RegExp(`^  ${field}\t<\\[\\]Object>`, 'm'))
    expect(stdout).toContain('FIELDS:')
  })

  it.each([
    [
      'drule.spec.action.route',
      ['1 to 64 backends', 'such as 10.0.0.0/8', 'Default: timeout, transport, "500" and "503"'],
    ],
    ['drule.spec.action.route.timeouts', ['100ms to 32s. Default: 2s', '1s to 180s. Default: 120s']],
    ['drule.spec.match.called', ['such as +15551234567', 'from 100 to 199 holds for 150', 'anchor it with ^ and $']],
    ['trunk.spec', ['such as 203.0.113.0/24', 'Default: UDP and TCP', 'Default: every number']],
    ['drule.status', ['kubectl wait --for=condition=Ready']],
  ])('explains %s with bounds, defaults and examples', async (field, texts) => {
    const words = (await explained(field)).replace(/\s+/g, ' ')
    for (const text of texts) expect(words).toContain(text)
  })
})
