/** A repository with a copy of the current sources, in which a test can make a release. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { userShell } from './config.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Files that are never committed. */
const LEFT_OUT = new Set(['.git', 'node_modules', 'release', 'coverage'])

export interface ReleaseSources {
  readonly folder: string
  /** Runs git in the copy and returns its output. Throws with its error text. */
  git(...args: readonly string[]): string
  /** `npm run release` with these arguments. */
  release(...args: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }>
  /** The path of a file that the release built. */
  built(name: string): string
  read(path: string): string
  /** Changes a file and, by default, commits the change. */
  change(path: string, how: (text: string) => string, keep?: 'uncommitted'): void
  /** Undoes everything that was changed, committed, tagged and built. */
  restore(): void
  remove(): void
}

export function makeReleaseSources(): ReleaseSources {
  const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-sources-'))
  const isSource = (path: string): boolean => !LEFT_OUT.has(relative(ROOT, path))
  cpSync(ROOT, folder, { recursive: true, filter: isSource })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const git = (...args: readonly string[]): string => runGit(folder, args)
  git('init', '--quiet', '--initial-branch=main')
  // The link node_modules is not a folder, so the line "node_modules/" of .gitignore does not apply to it.
  writeFileSync(join(folder, '.git/info/exclude'), 'node_modules\n')
  git('config', 'user.name', 'Releaser')
  git('config', 'user.email', 'releaser@example.com')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'Sources')
  const first = git('rev-parse', 'HEAD').trim()
  return {
    folder,
    git,
    release: (...args) => runRelease(folder, args),
    built: (name) => join(folder, 'release', name),
    read: (path) => readFileSync(join(folder, path), 'utf8'),
    change: (path, how, keep) => {
      const file = join(folder, path)
      writeFileSync(file, how(readFileSync(file, 'utf8')))
      if (keep === undefined) git('commit', '--quiet', '--all', '--message', `Change ${path}`)
    },
    restore: () => {
      git('reset', '--quiet', '--hard', first)
      git('clean', '--quiet', '-d', '--force')
      for (const tag of git('tag').split('\n').filter(Boolean)) git('tag', '--delete', tag)
      rmSync(join(folder, 'release'), { recursive: true, force: true })
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/** Uses no configuration of the user, which could sign, or ask a question. */
function runGit(folder: string, args: readonly string[]): string {
  const env = { ...shellEnvironment(), GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: folder, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`GIT_FAILED: git ${args.join(' ')}: ${stderr}`)
  return stdout
}

function shellEnvironment(): Record<string, string> {
  const { path, home } = userShell()
  return { PATH: path.join(':'), HOME: home }
}

async function runRelease(folder: string, args: readonly string[]) {
  const child = spawn(process.execPath, ['scripts/release.mjs', ...args], {
    cwd: folder,
    env: shellEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, said: output + errors }
}
