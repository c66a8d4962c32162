import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'

/** The rows that there must be: the letter of a section and how many rows it has. */
const SECTIONS = { P: 12, T: 10, X: 14, C: 9, R: 14, Q: 13, D: 8, O: 4, N: 2, S: 5, A: 4, I: 5, V: 3 }
const INTERACTIONS = 15
const DEPARTURES = 12

const root = new URL('../../', import.meta.url)
const page = readFileSync(new URL('docs/conformance.md', root), 'utf8')

interface Row {
  readonly id: string
  readonly state: string
  readonly files: readonly string[]
}

const rows: readonly Row[] = page.split('\n').flatMap((line) => {
  const [, id = '', , , state = '', files = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim())
  if (!/^([A-Z]-\d\d|interaction \d+)$/.test(id)) return []
  return [{ id, state, files: Array.from(files.matchAll(/`([^`]+)`/g), ([, file = '']) => file) }]
})

/** Test files by the ids that their tests name. */
const shown = new Map<string, string[]>()
for (const file of globSync('test/**/*.test.ts', { cwd: root }).toSorted()) {
  const source = readFileSync(new URL(file, root), 'utf8')
  const ids = Array.from(source.matchAll(/['"`]([A-Z]-\d\d|interaction \d+): /g), ([, id = '']) => id)
  for (const id of new Set(ids)) shown.set(id, [...(shown.get(id) ?? []), file])
}

function numbered(count: number, name: (index: number) => string): string[] {
  return Array.from({ length: count }, (_, index) => name(index + 1))
}

describe('docs/conformance.md', () => {
  it('has every row of the checklist, each once and in order', () => {
    const sections = Object.entries(SECTIONS).flatMap(([letter, count]) =>
      numbered(count, (index) => `${letter}-${String(index).padStart(2, '0')}`),
    )
    const expected = [...sections, ...numbered(INTERACTIONS, (index) => `interaction ${index}`)]
    expect(rows.map(({ id }) => id)).toEqual(expected)
  })

  it('has every departure, each once and in order', () => {
    const departures = Array.from(page.matchAll(/^\| (Z\d+) +\|/gm), ([, id]) => id)
    expect(departures).toEqual(numbered(DEPARTURES, (index) => `Z${index}`))
  })

  it('says of every row that it is done, or what it waits for', () => {
    const unclear = rows.filter(({ state }) => !/^(done|later: (TLS|DNS|digest))$/.test(state))
    expect(unclear).toEqual([])
  })

  it.each(rows.filter(({ state }) => state === 'done'))('has a test for $id, which is done', ({ id }) => {
    expect(shown.get(id) ?? []).not.toEqual([])
  })

  it('names exactly the files whose tests show a row', () => {
    const named = rows.map(({ id, files }) => [id, files.toSorted()])
    expect(named).toEqual(rows.map(({ id }) => [id, shown.get(id) ?? []]))
  })

  it('has a row for every id that a test names', () => {
    const known = new Set(rows.map(({ id }) => id))
    expect([...shown.keys()].filter((id) => !known.has(id))).toEqual([])
  })
})
