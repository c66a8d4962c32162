import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import {
  type FolderWatch,
  readManifestFolder,
  watchManifestFolder,
} from '../../../../operator/watch/manifest-folder.ts'
import { formatProblem } from '../../../../operator/watch/manifest-problem.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'manifests-'))
})
afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

const trunk = (name: string, spec = '{sources: [203.0.113.0/24]}') =>
  `apiVersion: sipdispatch.dev/v1alpha1\nkind: SipTrunk\nmetadata: {name: ${name}}\nspec: ${spec}\n`
const rule = (name: string) =>
  `apiVersion: sipdispatch.dev/v1alpha1\nkind: DispatchRule\nmetadata: {name: ${name}}\nspec: {action: {type: Reject, reject: {status: 404}}}\n`

const put = (name: string, text: string | Uint8Array) => writeFile(join(dir, name), text)

/** Problems as text, the folder's own path left out. */
async function problemsOf(): Promise<string[]> {
  const { problems } = await readManifestFolder(dir)
  return problems.map((problem) => formatProblem(problem).replaceAll(`${dir}/`, ''))
}

describe('a folder of manifests', () => {
  it('is read in the order of names and documents, which stands in for age', async () => {
    await put('b.yml', `${trunk('three')}---\n${rule('four')}`)
    await put('a.yaml', `# first\n---\n${trunk('one')}---\n---\n${trunk('two')}`)
    await put('c.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [] }))
    const { trunks, rules, problems } = await readManifestFolder(dir)
    expect(problems).toEqual([])
    expect(trunks.map((one) => one.metadata.name)).toEqual(['one', 'two', 'three'])
    const ages = [...trunks, ...rules].map((one) => Date.parse(one.metadata.creationTimestamp ?? ''))
    expect(ages).toEqual(ages.toSorted((a, b) => a - b))
    expect(new Set(ages).size).toBe(4)
  })

  it('keeps a creationTimestamp that is written', async () => {
    await put('a.yaml', trunk('one').replace('{name: one}', '{name: one, creationTimestamp: "2026-01-02T03:04:05Z"}'))
    const { trunks } = await readManifestFolder(dir)
    expect(trunks.map((one) => one.metadata.creationTimestamp)).toEqual(['2026-01-02T03:04:05Z'])
  })

  it('is read without hidden files, other files and folders inside it', async () => {
    await put('.a.yaml.swp', 'x')
    await put('.hidden.yaml', 'x')
    await put('README.md', 'x')
    await mkdir(join(dir, 'sub.yaml'))
    await writeFile(join(dir, 'sub.yaml', 'x.yaml'), 'x')
    await put('a.yaml', trunk('one'))
    expect(await readManifestFolder(dir)).toMatchObject({ trunks: [{}], rules: [], problems: [] })
  })

  it.each<[string, string, string[]]>([
    ['a broken document', 'a: [1\nb: 2\n', ['a.yaml:2: is not YAML: ']],
    ['a key that is there twice', 'a: 1\na: 2\n', ['a.yaml:2: is not YAML: Map keys must be unique']],
    ['an unknown tag', `${trunk('x')}status: !python/object {}\n`, ['a.yaml:5: is not YAML: Unresolved tag']],
    ['a text', 'hello\n', ['a.yaml:1: is not an object (expected apiVersion, kind, metadata and spec)']],
    [
      'another kind',
      'apiVersion: v1\nkind: ConfigMap\n',
      ['a.yaml:2: kind: is "ConfigMap" (expected SipTrunk | DispatchRule)'],
    ],
    ['a misspelt kind', 'kind: DispatchRules\n', ['a.yaml:1: kind: is "DispatchRules" (expected DispatchRule)']],
    ['no kind', '\napiVersion: v1\n', ['a.yaml:2: kind: is required (expected SipTrunk | DispatchRule)']],
    [
      'another version',
      trunk('x').replace('v1alpha1', 'v1'),
      ['a.yaml:1: apiVersion: is "sipdispatch.dev/v1" (expected sipdispatch.dev/v1alpha1)'],
    ],
    [
      'a bad source',
      trunk('x', '\n  sources:\n    - 10.0.0.1\n    - 10.0.0.1/33'),
      ['a.yaml:7: spec.sources[1]: 10.0.0.1/33 is not a network'],
    ],
    [
      'a field that is missing',
      trunk('x', '\n  transports: [UDP]'),
      ['a.yaml:4: spec.sources: is required (expected list)'],
    ],
    [
      'an unknown field',
      trunk('x', '\n  sources: [10.0.0.1]\n  sorces: []'),
      ['a.yaml:6: spec.sorces: unknown field (expected sources)'],
    ],
    [
      'a number that YAML does not read as a text',
      trunk('x', '\n  sources: [10.0.0.1]\n  called:\n    - prefix: +1555'),
      ['a.yaml:7: spec.called[0].prefix: is the number 1555 (expected string, in quotes)'],
    ],
    [
      'a list with a bad entry',
      'kind: List\nitems:\n  - kind: x\n  - 5\n',
      ['a.yaml:3: items[0].kind: is "x"', 'a.yaml:4: items[1]: is not an object'],
    ],
    [
      'two objects of one name',
      `${trunk('x')}---\n${trunk('x')}`,
      ['a.yaml:8: metadata.name: SipTrunk default/x is already in a.yaml:3: rename'],
    ],
  ])('tells file, line and field of %s', async (_what, text, expected) => {
    await put('a.yaml', text)
    expect(await problemsOf()).toEqual(expected.map((start) => expect.stringContaining(start)))
  })

  it('names both places of one name in two files, and takes a rule and a trunk of one name', async () => {
    await put('a.yaml', `${rule('x')}---\n${trunk('x')}`)
    await put('b.yaml', rule('x'))
    expect(await problemsOf()).toEqual([
      'b.yaml:3: metadata.name: DispatchRule default/x is already in a.yaml:3: rename or remove one of the two',
    ])
  })

  it('refuses a document that grows when its aliases are read', async () => {
    const lists = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}]`)
    await put('a.yaml', `l0: &l0 [x]\n${lists.join('\n')}\n`)
    expect(await problemsOf()).toEqual([expect.stringContaining('is not YAML: Excessive alias count')])
  })

  it('refuses a file that is too large, and reads the others', async () => {
    await put('a.yaml', new Uint8Array(5_000_001).fill(0x20))
    await put('b.yaml', trunk('one'))
    const { trunks, problems } = await readManifestFolder(dir)
    expect(trunks).toHaveLength(1)
    expect(problems).toEqual([
      {
        code: 'file_too_large',
        file: join(dir, 'a.yaml'),
        line: 1,
        message: 'is 5000001 bytes long: split it into smaller files',
        expected: 'at most 5000000 bytes',
      },
    ])
  })

  it('reports a pipe, and a link to a device that never ends, and reads the others', async () => {
    execFileSync('mkfifo', [join(dir, 'a.yaml')])
    await symlink('/dev/zero', join(dir, 'b.yaml'))
    await put('c.yaml', trunk('one'))
    const { trunks, problems } = await readManifestFolder(dir)
    expect(trunks).toHaveLength(1)
    expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
      expect.stringMatching(/^unreadable_file cannot be read: .*a\.yaml is a named pipe/),
      expect.stringMatching(/^unreadable_file cannot be read: .*b\.yaml is a device/),
    ])
  })

  it('reports a link that leads nowhere as a file that cannot be read', async () => {
    await symlink(join(dir, 'nowhere'), join(dir, 'a.yaml'))
    expect(await problemsOf()).toEqual([expect.stringMatching(/^a\.yaml:1: cannot be read: ENOENT/)])
  })

  it('that does not exist, or is a file, is an error of its own', async () => {
    await put('file', '')
    for (const path of [join(dir, 'none'), join(dir, 'file')]) {
      await expect(readManifestFolder(path)).rejects.toMatchObject({ code: 'unreadable_folder' })
    }
  })

  it('without a manifest is an error of its own', async () => {
    await expect(readManifestFolder(dir)).rejects.toMatchObject({ code: 'no_manifests' })
    await put('a.yaml', '# nothing yet\n')
    await expect(readManifestFolder(dir)).rejects.toThrow(`${dir} holds no manifest`)
  })
})

describe('a folder that is watched', () => {
  let watch: FolderWatch | undefined
  let changed: () => void = () => undefined
  const nextChange = () =>
    new Promise<void>((resolve) => {
      changed = resolve
    })
  const start = async () => {
    watch = await watchManifestFolder(dir, { onChange: () => changed() })
  }
  afterEach(() => watch?.close())

  it('calls back when a file is written, put in the place of another by its name, and removed', async () => {
    await put('a.yaml', trunk('one'))
    await start()
    const written = nextChange()
    await put('a.yaml', trunk('other'))
    await written
    const renamed = nextChange()
    await put('.a.yaml.tmp', trunk('third'))
    await rename(join(dir, '.a.yaml.tmp'), join(dir, 'a.yaml'))
    await renamed
    expect((await readManifestFolder(dir)).trunks.map((one) => one.metadata.name)).toEqual(['third'])
    const removed = nextChange()
    await rm(join(dir, 'a.yaml'))
    await removed
    await expect(readManifestFolder(dir)).rejects.toMatchObject({ code: 'no_manifests' })
  })

  it('calls back when a ConfigMap mount swaps its link', async () => {
    await mkdir(join(dir, '..1'))
    await mkdir(join(dir, '..2'))
    await writeFile(join(dir, '..1', 'a.yaml'), trunk('one'))
    await writeFile(join(dir, '..2', 'a.yaml'), trunk('two'))
    await symlink('..1', join(dir, '..data'))
    await symlink(join('..data', 'a.yaml'), join(dir, 'a.yaml'))
    await start()
    const swapped = nextChange()
    await symlink('..2', join(dir, '..data_tmp'))
    await rename(join(dir, '..data_tmp'), join(dir, '..data'))
    await swapped
    expect((await readManifestFolder(dir)).trunks.map((one) => one.metadata.name)).toEqual(['two'])
  })

  it('calls back when it vanishes and when it is put anew', async () => {
    await put('a.yaml', trunk('one'))
    await start()
    const vanished = nextChange()
    await rm(dir, { recursive: true })
    await vanished
    await expect(readManifestFolder(dir)).rejects.toMatchObject({ code: 'unreadable_folder' })
    const anew = await mkdtemp(join(tmpdir(), 'manifests-'))
    await writeFile(join(anew, 'a.yaml'), trunk('two'))
    const back = nextChange()
    await rename(anew, dir)
    await back
    expect((await readManifestFolder(dir)).trunks.map((one) => one.metadata.name)).toEqual(['two'])
  })
})
