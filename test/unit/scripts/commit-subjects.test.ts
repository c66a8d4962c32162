import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

const SCRIPT = fileURLToPath(new URL('../../../scripts/commit-subjects.mjs', import.meta.url))
const LONG = 'x'.repeat(73)

describe('the check of commit subjects', () => {
  let folder = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-subjects-'))
    mkdirSync(join(folder, 'scripts'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  function git(...args: string[]): void {
    const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'init.defaultBranch=main']
    execFileSync('git', [...who, ...args], { cwd: folder, stdio: 'ignore' })
  }

  function commit(subject: string): void {
    git('commit', '--allow-empty', '--no-gpg-sign', '--message', subject)
  }

  function beginRule(): void {
    writeFileSync(join(folder, 'scripts/commit-subjects.mjs'), '')
    git('add', '.')
    commit('Begin the rule')
  }

  function check(repository = folder): { status: number | null; lines: string[] } {
    const { status, stdout } = spawnSync(process.execPath, [SCRIPT, repository], { encoding: 'utf8' })
    return { status, lines: stdout.trim().split('\n') }
  }

  it('names each one that is too long, of the commits after the rule', () => {
    git('init')
    commit(LONG)
    beginRule()
    commit('x'.repeat(72))
    expect(check()).toEqual({ status: 0, lines: ['1 commits looked at'] })
    commit(LONG)
    expect(check()).toEqual({
      status: 1,
      lines: [expect.stringContaining(`73 characters, 72 at most: ${LONG}`), '2 commits looked at'],
    })
  })

  it('counts characters, not bytes', () => {
    git('init')
    beginRule()
    commit('😀'.repeat(72))
    expect(check()).toMatchObject({ status: 0 })
  })

  it('leaves alone a branch that began before the rule', () => {
    git('init')
    commit('Begin')
    git('checkout', '-b', 'older')
    commit(LONG)
    git('checkout', 'main')
    beginRule()
    git('merge', '--no-ff', '--message', 'Merge', 'older')
    expect(check()).toEqual({ status: 0, lines: ['1 commits looked at'] })
  })

  it('looks at what a shallow clone has', () => {
    git('init')
    beginRule()
    commit(LONG)
    commit('Short')
    git('clone', '--depth', '1', `file://${folder}`, join(folder, 'clone'))
    expect(check(join(folder, 'clone'))).toEqual({ status: 0, lines: ['no commits to look at'] })
  })

  it('has nothing to look at where there is no repository', () => {
    expect(check()).toEqual({ status: 0, lines: ['no commits to look at'] })
  })
})
