/** What is stored is what was written: applied a second time nothing changes, whatever tool compares live with desired. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { isRecord } from '../../operator/api/json-value.ts'
import { type PrivateKubernetesApi, startKubernetesApi } from '../support/kubernetes-api.ts'
import { describeWith } from '../support/real-part.ts'
import { type Manifest, WHOLE_OBJECTS } from '../support/whole-objects.ts'

const TEST_LIMIT_MS = 600_000

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const OLD = join(ROOT, 'test/cluster/pruning-definitions')

/** Objects in a text: the whole of a YAML file, or the code blocks of a page. */
function manifestsIn(file: string): Manifest[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const blocks = [...text.matchAll(/```ya?ml\n(.*?)```/gs)].map(([, block = '']) => block)
  const objects = (file.endsWith('.md') ? blocks : [text]).flatMap((part) =>
    parseAllDocuments(part).map((document) => document.toJS()),
  )
  return objects.filter((object) => object?.apiVersion === 'sipdispatch.dev/v1alpha1' && object.metadata?.name)
}

function examples(): [name: string, objects: readonly Manifest[]][] {
  const below = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  const files = ['README.md', ...below('docs'), ...below('examples')].filter((name) => /\.(md|ya?ml)$/.test(name))
  const shown = files.map((file): [string, readonly Manifest[]] => [file, manifestsIn(file)])
  return [...shown.filter(([, objects]) => objects.length > 0), ['every field', WHOLE_OBJECTS]]
}

/** Paths at which a three-way merge would find the live object to differ: maps by what is desired, lists as a whole. */
function differences(desired: unknown, live: unknown, path: string): string[] {
  if (isRecord(desired) && isRecord(live)) {
    return Object.entries(desired).flatMap(([name, value]) => differences(value, live[name], `${path}.${name}`))
  }
  return JSON.stringify(sorted(desired)) === JSON.stringify(sorted(live)) ? [] : [path]
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isRecord(value)) return value
  const names = Object.keys(value).toSorted()
  return Object.fromEntries(names.map((name) => [name, sorted(value[name])]))
}

describeWith(['kubernetes'], 'an example that is applied twice', () => {
  let api: PrivateKubernetesApi

  beforeAll(async () => {
    api = await startKubernetesApi()
  }, TEST_LIMIT_MS)

  afterAll(() => api.stop(), TEST_LIMIT_MS)

  const run = async (args: readonly string[], objects: readonly object[]): Promise<string> => {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
    const { code, stdout, stderr } = await api.kubectl([...args, '--filename=-'], { input })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return stdout
  }

  /** In a namespace of its own, without the one that some of them name. */
  const placed = async (objects: readonly Manifest[]): Promise<Manifest[]> => {
    const namespace = await api.namespace()
    return objects.map((object) => ({ ...object, metadata: { name: object.metadata.name, namespace } }))
  }

  const live = async (objects: readonly Manifest[]): Promise<Record<string, unknown>[]> =>
    JSON.parse(await run(['get', '--output=json'], objects)).items

  it.each(examples())('by kubectl is unchanged, and live is what was desired: %s', async (_, shown) => {
    const objects = await placed(shown)
    await run(['apply'], objects)
    const lines = (await run(['apply'], objects)).trim().split('\n')
    expect(lines.filter((line) => !line.endsWith(' unchanged'))).toEqual([])
    expect(lines).toHaveLength(objects.length)
    const stored = await live(objects)
    expect(objects.flatMap((object, i) => differences(object.spec, stored[i]?.['spec'], 'spec'))).toEqual([])
    expect(stored.map((one) => sorted(one['spec']))).toEqual(objects.map((object) => sorted(object.spec)))
  })

  it.each(examples())('by kubectl on the server changes nothing the second time: %s', async (_, shown) => {
    const objects = await placed(shown)
    const versions = async (): Promise<unknown[]> =>
      (await live(objects)).map(({ metadata }) => isRecord(metadata) && metadata['resourceVersion'])
    await run(['apply', '--server-side'], objects)
    const before = await versions()
    await run(['apply', '--server-side'], objects)
    expect(await versions()).toEqual(before)
  })

  it(
    'with defaults that older definitions have filled in is unchanged after one more application',
    async () => {
      const shown = examples().flatMap(([, objects]) => objects)
      const objects = await placed([...new Map(shown.map((one) => [`${one.kind} ${one.metadata.name}`, one])).values()])
      await run(['apply', '--server-side', '--force-conflicts'], definitionsIn(OLD))
      // The older definitions drop fields that came after them. With its own check, kubectl would refuse these fields.
      await run(['apply', '--validate=false'], objects)
      const older = JSON.stringify(await live(objects))
      expect(older).toContain('"weight":1')
      await run(['apply', '--server-side', '--force-conflicts'], definitionsIn(join(ROOT, 'crds')))
      const kept = await live(objects)
      expect(JSON.stringify(kept.map(({ spec }) => spec))).toContain('"weight":1')
      await run(['apply'], objects)
      expect(
        (await run(['apply'], objects))
          .trim()
          .split('\n')
          .filter((line) => !line.endsWith(' unchanged')),
      ).toEqual([])
    },
    TEST_LIMIT_MS,
  )
})

function definitionsIn(folder: string): object[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
  return files.flatMap((name) => parseAllDocuments(readFileSync(join(folder, name), 'utf8')).map((one) => one.toJS()))
}
