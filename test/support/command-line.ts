import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { datagramsSetting } from './config.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const ENTRY = fileURLToPath(new URL('../../cli/sip-dispatch.ts', import.meta.url))

/** Node's compile cache for our sources: the tests start hundreds of these processes. */
const COMPILE_CACHE = join(tmpdir(), 'sip-dispatch-compile-cache')

export interface CommandResult {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

/** Starts the real process with the given environment only, and with the datagram sockets that this run of the tests asks for. */
export function startCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [ENTRY, ...args], {
    env: { ...datagramsOfRun(args), ...environment, NODE_COMPILE_CACHE: COMPILE_CACHE },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** With drachtio, this process opens no datagram sockets, and refuses the variable. */
function datagramsOfRun(args: readonly string[]): Readonly<Record<string, string>> {
  const setting = datagramsSetting()
  const withDrachtio = args.some((arg) => /(^|=)drachtio$/.test(arg))
  return setting === 'auto' || withDrachtio ? {} : { SIP_DISPATCH_DATAGRAMS: setting }
}

/** The beginning of a command that runs as on a kernel without IPv6. */
export const WITHOUT_IPV6 = ['perl', fileURLToPath(new URL('without-ipv6.pl', import.meta.url))] as const

/** Starts the real process as on a kernel without IPv6. */
export function startCommandWithoutIpv6(args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
  const [perl, launcher] = WITHOUT_IPV6
  return spawn(perl, [launcher, process.execPath, ENTRY, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Runs the command to its end. */
export function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  return resultOf(startCommand(args, environment))
}

/** Runs a script, given by its path in the repository, to its end. */
export function runScript(path: string): Promise<CommandResult> {
  return resultOf(spawn(process.execPath, [path], { cwd: ROOT, env: {}, stdio: ['ignore', 'pipe', 'pipe'] }))
}

async function resultOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<CommandResult> {
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code: child.exitCode, output, errors }
}
