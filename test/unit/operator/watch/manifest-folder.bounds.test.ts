import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parseDocument } from 'yaml'
import {
  MAX_FILE_PROBLEMS,
  MAX_MANIFEST_BYTES,
  MAX_MANIFEST_DEPTH,
  MAX_MANIFEST_FILES,
} from '../../../../operator/watch/limits.ts'
import { fileState } from '../../../../operator/watch/manifest-file.ts'
import { readManifestFiles, readManifestFolder } from '../../../../operator/watch/manifest-folder.ts'
import { createManifestMemory } from '../../../../operator/watch/manifest-memory.ts'
import { formatProblem } from '../../../../operator/watch/manifest-problem.ts'
import { shapeFault } from '../../../../operator/watch/manifest-shape.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'manifest-bounds-'))
})
afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

const trunk = (name: string) =>
  `apiVersion: sipdispatch.dev/v1alpha1\nkind: SipTrunk\nmetadata: {name: ${name}}\nspec: {sources: [192.0.2.1]}\n`
const put = (name: string, text: string | Uint8Array) => writeFile(join(dir, name), text)
const MILLION = 1_000_000
const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n')

describe('a file that would take the parser its time', () => {
  it.each<[string, () => string | Uint8Array, string]>([
    ['a million [', () => '['.repeat(MILLION), 'nests deeper'],
    ['a million {a:', () => '{a:'.repeat(MILLION), 'nests deeper'],
    ['[ over as many lines', () => '[\n'.repeat(MILLION), 'nests deeper'],
    ['a million dashes in one line', () => '- '.repeat(MILLION), 'nests deeper'],
    ['a million ? in one line', () => '? '.repeat(MILLION), 'nests deeper'],
    ['a million keys in one line', () => 'a: '.repeat(MILLION), 'nests deeper'],
    ['a million keys in one list', () => `[${'a: '.repeat(MILLION)}`, 'nests deeper'],
    ['deep indentation', () => lines(3000, (i) => `${' '.repeat(i)}a:`), 'nests deeper'],
    ['deep lists', () => lines(3000, (i) => `${' '.repeat(i)}-`), 'nests deeper'],
    ['brackets and indentation', () => lines(2000, (i) => `${' '.repeat(i)}a: [`), 'nests deeper'],
    ['5 MB of closing brackets', () => ']'.repeat(MAX_MANIFEST_BYTES), 'holds more than one file may'],
    ['a million commas too many', () => `[${'a,'.repeat(2 * MILLION)}]`, 'holds more than one file may'],
    ['an alias bomb', () => `&a [x${', *a'.repeat(MILLION)}]`, 'holds more than one file may'],
    ['bytes', () => Uint8Array.from({ length: MILLION }, (_, i) => (i * 7919) & 255), 'is not text in UTF-8'],
    ['a text with a NUL', () => `${trunk('x')}# \0`, 'is not text in UTF-8'],
    ['a text in Latin-1', () => Uint8Array.from(Buffer.from('# é', 'latin1')), 'is not text in UTF-8'],
    ['a text in UTF-16', () => Uint8Array.from(Buffer.from('\ufeffa: 1', 'utf16le')), 'is not text in UTF-8'],
    ['a line of 5 MB', () => 'x'.repeat(MAX_MANIFEST_BYTES), 'is not an object'],
  ])('gets one problem: %s', async (_what, text, message) => {
    await put('a.yaml', text())
    await put('b.yaml', trunk('one'))
    const { trunks, problems } = await readManifestFolder(dir)
    expect(problems.map(formatProblem)).toEqual([expect.stringContaining(message)])
    expect(trunks).toHaveLength(1)
  })

  it('is read to its end where it holds a hundred thousand keys, and tells the ones that are there twice', async () => {
    await put('a.yaml', `${lines(100_000, (i) => `k${i}: 1`)}\nk7: 2\n`)
    const { problems } = await readManifestFolder(dir)
    expect(problems.map(formatProblem)).toEqual([
      expect.stringMatching(/a\.yaml:100001: is not YAML: Map keys must be unique$/),
    ])
  })

  it('is no file that nests as deep as may be, nor one with many shallow documents', async () => {
    const levels = MAX_MANIFEST_DEPTH - 10
    expect(shapeFault(lines(levels, (i) => `${' '.repeat(i)}a:`))).toBeUndefined()
    expect(shapeFault(`${'['.repeat(levels)}${']'.repeat(levels)}`)).toBeUndefined()
    expect(shapeFault(lines(5000, (i) => `---\n${JSON.stringify({ a: [{ b: [{ c: i }] }] })}`))).toBeUndefined()
    expect(shapeFault(lines(5000, (i) => `- a: [b, {c: ${i}}]\n  d:\n    - e: "[[[["`))).toBeUndefined()
    expect(shapeFault(JSON.stringify(Array(500).fill({ a: '[{-?:' })))).toBeUndefined()
  })

  it('is no text that the parser takes and that nests less deep', () => {
    const value = fc.jsonValue({ maxDepth: 12 })
    fc.assert(fc.property(value, (json) => shapeFault(JSON.stringify(json, undefined, 1)) === undefined))
    const text = fc.array(fc.constantFrom('[', ']', '{', '}', ',', 'a', ': ', '- ', '? ', '\n', '  ', '"', '#'))
    fc.assert(
      fc.property(text, (parts) => {
        const deep = parts.join('').repeat(400)
        if (shapeFault(deep) !== undefined) return
        // What is let through the parser ends by itself.
        expect(parseDocument(deep, { prettyErrors: false, uniqueKeys: false }).errors.length).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 50 },
    )
  })
})

describe('the problems of a file', () => {
  it('are told up to a bound, then counted', async () => {
    await put(
      'a.yaml',
      lines(780, (i) => `---\nkind: x${i}`),
    )
    await put(
      'b.yaml',
      lines(300, (i) => `a: ${i}`),
    )
    await put(
      'c.yaml',
      lines(50, () => `---\n${trunk('same')}`),
    )
    await put('d.yaml', `kind: List\nitems: [${'5,'.repeat(200_000)}]`)
    const { problems } = await readManifestFolder(dir)
    const ofFile = (name: string) => problems.filter(({ file }) => file.endsWith(name))
    for (const name of ['a.yaml', 'b.yaml', 'c.yaml', 'd.yaml'])
      expect(ofFile(name)).toHaveLength(MAX_FILE_PROBLEMS + 1)
    expect(ofFile('a.yaml').at(-1)).toMatchObject({
      code: 'more_problems',
      message: 'and 760 more problems in this file',
    })
    expect(ofFile('b.yaml').at(-1)).toMatchObject({ message: 'and 279 more problems in this file' })
    expect(ofFile('c.yaml').at(-1)).toMatchObject({ message: 'and 29 more problems in this file' })
    expect(ofFile('d.yaml').at(-1)).toMatchObject({ message: 'and 199980 more problems in this file' })
  })
})

describe('a folder of many files', () => {
  it('is read as a whole where they are a thousand, empty ones among them', async () => {
    for (let i = 0; i < 1000; i++) await put(`f${i}.yaml`, i % 2 === 0 ? trunk(`t${i}`) : '')
    const { trunks, problems } = await readManifestFolder(dir)
    expect([trunks.length, problems]).toEqual([500, []])
  })

  it('is refused beyond the bound', async () => {
    await mkdir(join(dir, 'x.yaml'))
    await put('a.yaml', trunk('one'))
    const files = Array.from({ length: MAX_MANIFEST_FILES }, () => join(dir, 'x.yaml'))
    expect((await readManifestFiles(files)).problems).toEqual([])
    const { problems } = await readManifestFiles([...files, join(dir, 'a.yaml'), join(dir, 'a.yaml')])
    expect(problems).toMatchObject([{ code: 'folder_too_large', expected: 'at most 10000 files' }])
  })

  it('of more bytes than may be is refused', async () => {
    await put('a.yaml', '#'.repeat(MAX_MANIFEST_BYTES))
    const memory = createManifestMemory()
    const files = Array.from({ length: 41 }, () => join(dir, 'a.yaml'))
    const { problems } = await readManifestFiles(files, { memory })
    expect(problems).toMatchObject([{ code: 'folder_too_large', expected: 'at most 200000000 bytes' }])
  })
})

describe('a folder that is read again', () => {
  /** Long enough ago for the clock of the file system to tell changes apart. */
  const settled = async () => {
    const states = () => ['a.yaml', 'b.yaml'].map((name) => fileState(join(dir, name))).join()
    while (states().includes('fresh')) await new Promise(setImmediate)
  }

  it('is read where it has changed, and what has not changed is the same object', async () => {
    await put('a.yaml', trunk('one'))
    await put('b.yaml', trunk('two'))
    await settled()
    const memory = createManifestMemory()
    let reads = 0
    const read = () => readManifestFolder(dir, { memory, onFile: () => reads++ })
    const first = await read()
    expect(reads).toBe(2)
    await put('b.yaml', trunk('three'))
    await settled()
    const second = await read()
    expect(reads).toBe(3)
    expect(second.trunks.map(({ metadata }) => metadata.name)).toEqual(['one', 'three'])
    expect(second.trunks[0]).toBe(first.trunks[0])
    await rm(join(dir, 'b.yaml'))
    expect((await read()).trunks).toHaveLength(1)
    expect(reads).toBe(3)
  })

  it('takes a text of the same length and the same times as another one', async () => {
    const [before, after] = [trunk('one'), trunk('two')]
    const at = new Date(1_700_000_000_000)
    await put('a.yaml', before)
    await utimes(join(dir, 'a.yaml'), at, at)
    await settled()
    const memory = createManifestMemory()
    await readManifestFolder(dir, { memory })
    await put('a.yaml', after)
    await utimes(join(dir, 'a.yaml'), at, at)
    const { trunks } = await readManifestFolder(dir, { memory })
    expect(trunks.map(({ metadata }) => metadata.name)).toEqual(['two'])
  })
})
