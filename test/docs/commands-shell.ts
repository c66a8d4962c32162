/** Runs commands of the documentation in a shell, in a folder that has what their reader is told to have. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { userShell } from '../support/config.ts'
import { ROOT, readPage } from './commands-of-page.ts'

export interface Shell {
  readonly child: ChildProcess
  /** What it and all that it starts have written. */
  readonly said: () => string
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>
  /** Sends SIGINT to it and all that it has started; its exit code. */
  readonly stop: () => Promise<number | null>
}

export interface ShellPlace {
  readonly folder: string
  /** Folders before those of the user's PATH. */
  readonly path?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** Starts a command in a process group of its own. */
export function startShell(command: string, { folder, path = [], environment = {} }: ShellPlace): Shell {
  const user = userShell()
  const child = spawn('sh', ['-c', command], {
    ...{ cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    env: { PATH: [...path, ...user.path].join(delimiter), HOME: user.home, ...environment },
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
  }
  const ended = once(child, 'close').then(() => child.exitCode)
  return {
    child,
    ended,
    said: () => text,
    stop: () => {
      const running = child.exitCode === null && child.signalCode === null
      if (running && child.pid !== undefined) process.kill(-child.pid, 'SIGINT')
      return ended
    },
  }
}

const KEY_BYTES = 32

/** A cluster that nobody answers for. */
const KUBECONFIG = {
  ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'none' },
  clusters: [{ name: 'none', cluster: { server: 'https://127.0.0.1:1' } }],
  users: [{ name: 'none', user: { token: 'none' } }],
  contexts: [{ name: 'none', context: { cluster: 'none', user: 'none' } }],
}

/** A folder with `sip-dispatch` in `bin`, the rules of the README and whatever file the documented commands name. */
export function readersFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-docs-'))
  const write = (name: string, text: string | Buffer, mode = 0o600): void => {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text, { mode })
  }
  write('bin/sip-dispatch', `#!/bin/sh\nexec '${process.execPath}' '${ROOT}cli/sip-dispatch.ts' "$@"\n`, 0o700)
  write('rules/first.yaml', /```yaml\n([^`]*)```/.exec(readPage('README.md'))?.[1] ?? '')
  write('.kube/config', JSON.stringify(KUBECONFIG))
  write('keys/cookie.current', randomBytes(KEY_BYTES))
  write('password', 'password')
  write('secret', 'secret')
  cpSync(join(ROOT, 'examples/standalone/trunk.yaml'), join(folder, 'trunks.yaml'))
  cpSync(join(ROOT, 'examples/standalone/rules.yaml'), join(folder, 'rules.yaml'))
  symlinkSync(join(ROOT, 'examples'), join(folder, 'examples'))
  return folder
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}
