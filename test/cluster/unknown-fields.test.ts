/** A misspelt field of a trunk or a rule, at every place and by every way to the API server. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { isRecord } from '../../operator/api/json-value.ts'
import { isRefused, type WatchedObject, watchedRule, watchedTrunk } from '../../operator/watch/watched-object.ts'
import { runHelm } from '../support/helm.ts'
import { type KubernetesApi, kubernetesApi } from '../support/kubernetes-api.ts'
import { manifestText } from '../support/manifest-text.ts'
import { eventually } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { type Manifest, WHOLE_OBJECTS } from '../support/whole-objects.ts'

const TEST_LIMIT_MS = 600_000

/** A field that is there, and how somebody has misspelt it beside it. */
interface Slip {
  readonly object: Manifest
  /** `spec.match.called[0].exat`. */
  readonly path: string
  readonly meant: string
}

const SLIPS: readonly ((name: string) => string)[] = [
  (name) => name.slice(0, -1),
  (name) => `${name}${name.at(-1)}`,
  (name) => `${name.charAt(1)}${name.charAt(0)}${name.slice(2)}`,
]

/** Every map in a value, with its path. */
function* mapsIn(value: unknown, path: string): Generator<[Record<string, unknown>, string]> {
  if (Array.isArray(value)) for (const [i, entry] of value.entries()) yield* mapsIn(entry, `${path}[${i}]`)
  if (!isRecord(value)) return
  yield [value, path]
  for (const [name, inner] of Object.entries(value)) yield* mapsIn(inner, `${path}.${name}`)
}

/** One object for each field and each slip, which has the misspelt field once. */
function slips(): Slip[] {
  return WHOLE_OBJECTS.flatMap((whole) =>
    [...mapsIn(whole.spec, 'spec')].flatMap(([map, path]) =>
      Object.keys(map).flatMap((meant) =>
        SLIPS.map((slip) => slip(meant)).flatMap((written): Slip[] => {
          if (written === '' || written in map) return []
          // Not a structuredClone, which keeps lists that are one list one.
          const object: Manifest = JSON.parse(JSON.stringify(whole))
          for (const [copy, at] of mapsIn(object.spec, 'spec')) if (at === path) copy[written] = map[meant]
          return [{ object, path: `${path}.${written}`, meant }]
        }),
      ),
    ),
  )
}

/** What the operator would say of an object that the API server has let through. */
function toldByOperator({ metadata, ...object }: Manifest): string {
  const stored = { ...object, metadata: { ...metadata, namespace: 'default', uid: 'u', resourceVersion: '1' } }
  if (object.kind === 'SipTrunk') return problemOf(watchedTrunk(stored))
  return problemOf(watchedRule(stored))
}

function problemOf<T>(read: WatchedObject<T>): string {
  return isRefused(read) ? read.problem : 'nothing'
}

const CALED: Manifest = {
  ...{ apiVersion: 'sipdispatch.dev/v1alpha1', kind: 'DispatchRule', metadata: { name: 'caled' } },
  spec: { match: { caled: [{ prefix: '+1' }] }, action: { type: 'Reject', reject: { status: 404 } } },
}
const CALED_TOLD = 'spec.match.caled: unknown field (expected called)'

describeWith(['kubernetes', 'helm'], 'a misspelt field', () => {
  let api: KubernetesApi
  let namespace: string
  let folder: string

  beforeAll(async () => {
    api = await kubernetesApi()
    namespace = await api.namespace()
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-unknown-'))
    // A policy is at work some moments after it was made.
    await eventually(
      async () => ((await apply(CALED, '--validate=false', '--dry-run=server')).code === 1 ? true : undefined),
      () => 'the policy refuses nothing',
    )
  }, TEST_LIMIT_MS)

  afterAll(() => rmSync(folder, { recursive: true }))

  const kubectl = (args: readonly string[], input = '') => api.kubectl(['--namespace', namespace, ...args], { input })
  const apply = (object: object, ...flags: readonly string[]) =>
    kubectl(['apply', ...flags, '--filename=-'], JSON.stringify(object))

  it(
    'of every field of both kinds is refused where kubectl does not look itself, in the words of the operator',
    async () => {
      const all = slips()
      const objects = all.map(({ object }, i) => ({ ...object, metadata: { name: `slip-${i}` } }))
      const flags = ['apply', '--validate=false', '--dry-run=server', '--filename=-']
      const { stderr, stdout } = await kubectl(flags, manifestText(objects))
      expect(stdout).toBe('')
      const said = new Map(
        stderr.split(/^(?=The |Error)/m).map((text) => [Number(/"slip-(\d+)"/.exec(text)?.[1]), text] as const),
      )
      const told = all.map(({ object, path, meant }, i) => {
        const words = /denied request: ([^\n]*)/.exec(said.get(i) ?? '')?.[1] ?? said.get(i)
        return { path, meant, words, same: words === toldByOperator(object) }
      })
      expect(told.filter(({ same }) => !same)).toEqual([])
      const other = told.filter(({ path, words, meant }) => words !== `${path}: unknown field (expected ${meant})`)
      expect(other.map(({ words }) => words)).toEqual([])
      expect(all.length).toBeGreaterThan(200)
    },
    TEST_LIMIT_MS,
  )

  it.each([
    ['kubectl apply', []],
    ['kubectl apply --validate=false', ['--validate=false']],
    ['kubectl apply --server-side', ['--server-side']],
    ['kubectl apply --server-side --validate=false', ['--server-side', '--validate=false']],
  ])('is refused, and nothing is stored: %s', async (_, flags) => {
    const { code, stderr } = await apply(CALED, ...flags)
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(CALED_TOLD) })
    expect((await kubectl(['get', 'drule/caled'])).code).toBe(1)
  })

  it('is refused in a request that asks for no validation of fields', async () => {
    const path = `/apis/sipdispatch.dev/v1alpha1/namespaces/${namespace}/dispatchrules?fieldValidation=Ignore`
    const { code, stderr } = await kubectl(['create', '--raw', path, '--filename=-'], JSON.stringify(CALED))
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(CALED_TOLD) })
  })

  it.each(['true', 'false'])('is refused by an installation of Helm with --server-side=%s', async (serverSide) => {
    const chart = join(folder, `chart-${serverSide}`)
    mkdirSync(join(chart, 'templates'), { recursive: true })
    writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: rules\nversion: 0.0.1\n')
    writeFileSync(join(chart, 'templates/rule.yaml'), JSON.stringify(CALED))
    const flags = ['--namespace', namespace, `--server-side=${serverSide}`]
    const { code, stderr } = await runHelm(['install', `rules-${serverSide}`, chart, ...flags], api.kubeconfig)
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(CALED_TOLD) })
  })

  it('beside the spec, where a block was indented too little, is refused too', async () => {
    const { match, ...spec } = { match: {}, ...CALED.spec }
    const { code, stderr } = await apply({ ...CALED, spec: { action: Reflect.get(spec, 'action') }, match })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(
        'match: unknown field (expected one of apiVersion, kind, metadata, spec, status)',
      ),
    })
  })

  it('is found in the longest lists that an object may have, at a change too', async () => {
    const called = Array.from({ length: 1000 }, (_, i) => ({
      range: { from: `+1${i + 10_000}`, to: `+1${i + 10_001}` },
    }))
    const backends = Array.from({ length: 64 }, (_, i) => ({ service: { name: `s${i}`, port: 5060 }, weight: 1 }))
    const match = { called, calling: called, headers: [{ name: 'X-One', exact: 'a' }] }
    const whole = (more: object): object => {
      const spec = { match, action: { type: 'Route', route: { backends: [...backends.slice(1), more] } } }
      return { ...CALED, metadata: { name: 'long' }, spec }
    }
    const good = { service: { name: 's0', port: 5060 }, weight: 1 }
    const bad = { ...good, weigth: 9 }
    const refusal = 'spec.action.route.backends[63].weigth: unknown field (expected weight)'
    expect((await apply(whole(bad), '--server-side')).stderr).toContain(refusal)
    expect(await apply(whole(good), '--server-side')).toMatchObject({ code: 0 })
    expect((await apply(whole(bad), '--server-side')).stderr).toContain(refusal)
  })
})
