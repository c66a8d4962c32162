/** What CONTRIBUTING.md says of folders and of the places of tests is so. */
import { globSync, readdirSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { ROOT, readPage } from './commands-of-page.ts'

const page = readPage('CONTRIBUTING.md')

/** Test files of `test/unit` that have no source at the mirrored path. */
function astray(tests: readonly string[], sources: ReadonlySet<string>, read: (test: string) => string): string[] {
  return tests.filter((test) => {
    const [, path = '', name = ''] = /^test\/unit\/(.*\/)?([^/.]+)(?:\.[a-z-]+)?\.test\.ts$/.exec(test) ?? []
    // No tool looks for tests in a hidden folder.
    if (path === '') return !/\.ci\/[a-z-]+\.(?:ts|cjs)/.test(read(test))
    return !['ts', 'mjs'].some((extension) => sources.has(`${path}${name}.${extension}`))
  })
}

describe('CONTRIBUTING.md', () => {
  it('has every folder in its table, and no other', () => {
    const rows = [...page.matchAll(/^\| `([a-z]+)\/` +\|/gm)].map(([, folder = '']) => folder)
    const ignored = new Set(
      readPage('.gitignore')
        .split('\n')
        .flatMap((line) => line.replaceAll('/', '')),
    )
    const folders = readdirSync(ROOT, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !ignored.has(entry.name))
      .map(({ name }) => name)
    expect(rows.toSorted()).toEqual(folders.toSorted())
  })
})

describe('a unit test', () => {
  const sources = new Set(
    globSync('{bench,cli,crds,helm,ingress,monitoring,operator,scripts,standalone,test}/**/*.{ts,mjs}', { cwd: ROOT }),
  )

  it('is at the mirrored path of what it tests', () => {
    const tests = globSync('test/unit/**/*.test.ts', { cwd: ROOT })
    expect(tests.length).toBeGreaterThan(100)
    expect(astray(tests, sources, readPage)).toEqual([])
  })

  it.each([
    ['test/unit/cli/exit-code.test.ts', '', false],
    ['test/unit/cli/exit-code.more-of-it.test.ts', '', false],
    ['test/unit/scripts/test-runs.test.ts', '', false],
    ['test/unit/cli/exit-codes.test.ts', '', true],
    ['test/unit/exit-code.test.ts', '', true],
    ['test/unit/rules.test.ts', "'../../.ci/rules.cjs'", false],
  ])('%s, in which stands %j, is astray: %s', (test, text, expected) => {
    expect(astray([test], sources, () => text)).toEqual(expected ? [test] : [])
  })
})
