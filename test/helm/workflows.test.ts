/** The workflows of GitHub Actions, which nothing runs here: that they are well formed, and run what is there. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'
import { findActionlint } from '../../scripts/kubernetes-parts.mjs'
import { CHART, runHelm } from '../support/helm.ts'
import { describeWith } from '../support/real-part.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const FOLDER = join(ROOT, '.github/workflows')

const NAMES = readdirSync(FOLDER)

const textOf = (name: string): string => readFileSync(join(FOLDER, name), 'utf8')

/** What actionlint says of a workflow. */
function found(workflow: string): string {
  const { stdout, error } = spawnSync(
    findActionlint() ?? 'actionlint',
    ['-no-color', '-shellcheck=', '-pyflakes=', '-'],
    {
      input: workflow,
      cwd: ROOT,
      encoding: 'utf8',
    },
  )
  if (error !== undefined) throw error
  return stdout
}

describeWith(['actionlint'], 'a workflow', () => {
  it.each(NAMES)('%s has nothing that actionlint finds', (name) => {
    expect(found(textOf(name))).toBe('')
  })

  it.each([
    ['runs-on: ubuntu-24.04', 'runs-in: ubuntu-24.04', /unexpected key "runs-in"/],
    ['hashFiles(', 'hashFile(', /undefined function "hashFile"/],
  ])('is found out where %s reads %s', (written, planted, expected) => {
    expect(found(textOf('test.yml').replace(written, planted))).toMatch(expected)
  })
})

describe('a workflow', () => {
  it.each(NAMES)('%s names actions of others by their commit', (name) => {
    const used = [...textOf(name).matchAll(/uses: (\S+)(.*)$/gm)].map(
      ([, action = '', comment = '']) => action + comment,
    )
    expect(used.length).toBeGreaterThan(0)
    const pinned = /^(?:\.\/\.github\/workflows\/[\w-]+\.yml|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/
    expect(used.filter((one) => !pinned.test(one))).toEqual([])
  })

  it.each(NAMES)('%s may only read, unless a job says what it writes', (name) => {
    expect(textOf(name)).toMatch(/^permissions:\n {2}contents: read\n/m)
  })

  it('runs what is there and can be run', () => {
    for (const path of ['.ci/run', '.github/chart-on-kind.sh']) {
      expect(textOf('test.yml')).toContain(`run: ${path}\n`)
      expect(() => accessSync(join(ROOT, path), constants.X_OK)).not.toThrow()
    }
    expect(textOf('release.yml').match(/npm run release -- "\$VERSION" --tagged/g)).toHaveLength(2)
  })
})

describeWith(['helm'], 'the chart on kind', () => {
  it('is given values that it takes', async () => {
    const script = readFileSync(join(ROOT, '.github/chart-on-kind.sh'), 'utf8')
    const values = [...script.matchAll(/--set (\S+)/g)].flatMap(([, value = '']) => ['--set', value])
    expect(values.length).toBeGreaterThan(0)
    expect(await runHelm(['template', 'phone', CHART, ...values])).toMatchObject({ code: 0, stderr: '' })
  })

  it('has a script that bash can read', () => {
    const { status, stderr } = spawnSync('bash', ['-n', join(ROOT, '.github/chart-on-kind.sh')], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})
