import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'
import { areUnitTests, TESTS_WITH_PARTS, WITH_PARTS, WITHOUT_PARTS } from '../../../scripts/test-runs.mjs'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** Whatever imports one of these runs the programs. */
const PARTS = [
  'scripts/kubernetes-parts.mjs',
  ...['helm', 'kubectl', 'kubernetes-api', 'kubernetes-server'].map((name) => `test/support/${name}.ts`),
]

/** Knows all real parts; whether a test asks it for these is seen from their names. */
const REAL_PART = 'test/support/real-part.ts'

type Read = (path: string) => string

/** The files that a file of the tests needs, itself among them, without those that only give types. */
function filesBehind(path: string, read: Read, known = new Set<string>()): Set<string> {
  if (known.has(path) || !/^(test|scripts)\//.test(path)) return known
  known.add(path)
  if (path === REAL_PART) return known
  const imports = read(path).matchAll(
    /^(?:import|export) (?!type )[^'"]*?['"](\.[^'"]+)['"]|await import\(['"](\.[^'"]+)['"]\)/gm,
  )
  for (const [, fixed, loaded] of imports)
    filesBehind(normalize(join(dirname(path), fixed ?? loaded ?? '')), read, known)
  return known
}

function asksForParts(path: string, read: Read): boolean {
  const files = [...filesBehind(path, read)]
  if (files.some((file) => PARTS.includes(file))) return true
  return (
    files.includes(REAL_PART) &&
    files.some((file) => file !== REAL_PART && /(['"`])(kubernetes|helm)\1/.test(read(file)))
  )
}

/** Empty for what only looks like an import, in a text. */
const readFile: Read = (path) => (existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), 'utf8') : '')
const TESTS = globSync('test/**/*.test.ts', { cwd: ROOT })
const isListed = (path: string): boolean => TESTS_WITH_PARTS.some((beginning) => path.startsWith(beginning))

describe('the tests that run while the parts of Kubernetes are built', () => {
  it('need none of them', () => {
    expect(TESTS.filter((path) => !isListed(path) && asksForParts(path, readFile))).toEqual([])
  })

  it('are all but those where some need them', () => {
    for (const beginning of TESTS_WITH_PARTS) {
      expect(TESTS.filter((path) => path.startsWith(beginning) && asksForParts(path, readFile))).not.toEqual([])
    }
  })

  it.each([
    ["import { describeWith } from '../support/real-part.ts'\ndescribeWith(['redis', 'helm'], '', () => {})", true],
    ["import { describeWith } from '../support/real-part.ts'\ndescribeWith(['redis'], 'helm', () => {})", true],
    ["import { describeWith } from '../support/real-part.ts'\ndescribeWith(['redis'], 'x', () => {})", false],
    ["import {\n  kubernetesApi,\n} from '../support/kubernetes-api.ts'", true],
    ["import { startCluster } from '../support/cluster.ts'", true],
    ["const { runHelm } = await import('../support/helm.ts')", true],
    ["import type { KubernetesApi } from '../support/kubernetes-api.ts'", false],
    ["const name = 'kubernetes'", false],
  ])('would be told of one that needs them: %j', (source, asks) => {
    const read: Read = (path) => (path === 'test/wire/made-up.test.ts' ? source : readFile(path))
    expect(asksForParts('test/wire/made-up.test.ts', read)).toBe(asks)
  })

  it('and the others are every test once, for jest too', () => {
    const listed = (args: readonly string[]): string[] =>
      execFileSync(process.execPath, ['node_modules/jest/bin/jest.js', '--listTests', ...args], {
        cwd: ROOT,
        encoding: 'utf8',
      })
        .trim()
        .split('\n')
        .map((path) => path.slice(ROOT.length))
    const [without, withParts] = [listed(WITHOUT_PARTS), listed(WITH_PARTS)]
    expect([...without, ...withParts].sort()).toEqual(TESTS.toSorted())
    expect(withParts.sort()).toEqual(TESTS.filter(isListed).sort())
  })
})

describe('a run of unit tests alone', () => {
  it.each([
    [['test/unit/cli/exit-code.test.ts'], true],
    [['-i', 'test/unit/cli', 'test/unit/scripts'], true],
    [['test/unit/cli', 'test/flow'], false],
    [['-t', 'says', 'test/unit/cli'], false],
    [['--watch'], false],
    [[], false],
  ])('is told by its arguments: %j', (args, expected) => {
    expect(areUnitTests(args)).toBe(expected)
  })

  it('looks for no program to install, which any other does', () => {
    // Without a program and without apt-get: a run that looks says that it cannot install.
    const path = mkdtempSync(join(tmpdir(), 'sip-dispatch-path-'))
    try {
      const output = (tests: string): string =>
        spawnSync(process.execPath, ['scripts/test.mjs', tests, '--listTests'], {
          cwd: ROOT,
          encoding: 'utf8',
          env: { PATH: path },
        }).stdout
      expect(output('test/flow/engine')).toContain('set-up: cannot install')
      expect(output('test/unit/cli/exit-code')).toBe(`${ROOT}test/unit/cli/exit-code.test.ts\n`)
    } finally {
      rmSync(path, { recursive: true })
    }
  })
})
