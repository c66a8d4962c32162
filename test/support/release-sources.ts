/** A repository of its own with the sources as they are, in which a release can be made. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { userShell } from './config.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** What no commit has. */
const LEFT_OUT = new Set(['.git', 'node_modules', 'release', 'coverage'])

export interface ReleaseSources {
  readonly folder: string
  /** Runs git there and answers what it wrote. Throws what it says. */
  git(...args: readonly string[]): string
  /** `npm run release` with these arguments. */
  release(...args: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }>
  /** The path of what was built. */
  built(name: string): string
  read(path: string): string
  /** Changes a file, and commits that unless told otherwise. */
  change(path: string, how: (text: string) => string, keep?: 'uncommitted'): void
  /** Takes back whatever was changed, committed, tagged and built. */
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
  // A link is no folder, so that "node_modules/" of .gitignore does not hold it.
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

/** No configuration of the user: it may sign, or ask. */
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
