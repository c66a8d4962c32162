/** `sip-dispatch standalone` with a given number of rules, each for one number and all with the same backend. */
import { openSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { RULES_PER_FILE, SERVER_CORE } from '../limits.ts'
import { numberOfRule } from '../numbering.ts'
import { startPinned, stopProcess } from './pinned-process.ts'
import { freePort, type RunningServer, waitUntilServing } from './running-server.ts'

export interface ServerOptions {
  /** A temporary folder; whoever made it removes it. */
  readonly folder: string
  readonly rules: number
  readonly backendPort: number
  /** The checkout that is run. Undefined: this one. */
  readonly root?: string
}

export interface SipDispatchServer extends RunningServer {
  /** What the process writes. */
  readonly logFile: string
}

/** `nodeFlags` are for profiling. Otherwise the process starts as in the image. */
export async function startSipDispatch(
  options: ServerOptions,
  nodeFlags: readonly string[] = [],
): Promise<SipDispatchServer> {
  const rules = join(options.folder, 'rules')
  await mkdir(rules, { recursive: true })
  writeManifests(rules, options)
  const port = await freePort()
  const logFile = join(options.folder, 'sip-dispatch.log')
  const log = openSync(logFile, 'w')
  const command = [...nodeFlags, '--v8-pool-size=1', 'cli/sip-dispatch.ts', 'standalone', '--rules', rules]
  const child = startPinned({
    core: SERVER_CORE,
    command: process.execPath,
    args: [...command, '--listen', `udp://127.0.0.1:${port}`, '--http', '127.0.0.1:0'],
    stdio: ['ignore', log, log],
    ...(options.root === undefined ? {} : { folder: options.root }),
  })
  await waitUntilServing(child, port, logFile)
  return { name: 'sip-dispatch', port, pid: child.pid ?? 0, logFile, stop: () => stopProcess(child) }
}

function writeManifests(folder: string, { rules, backendPort }: ServerOptions): void {
  const trunk = {
    ...{ apiVersion: 'sipdispatch.dev/v1alpha1', kind: 'SipTrunk', metadata: { name: 'carrier' } },
    spec: { sources: ['127.0.0.1/32', '203.0.113.0/24', '198.51.100.0/25'] },
  }
  writeFileSync(join(folder, 'trunk.json'), JSON.stringify(trunk))
  for (let first = 0; first < rules; first += RULES_PER_FILE) {
    writeRules(folder, { first, count: Math.min(RULES_PER_FILE, rules - first), backendPort })
  }
}

export interface RulesFile {
  /** The first rule of the file, and the number of rules. */
  readonly first: number
  readonly count: number
  readonly backendPort: number
  readonly priority?: number
}

/** Writes a file of rules, and replaces its former content. */
export function writeRules(folder: string, { first, count, backendPort, priority }: RulesFile): void {
  const documents = Array.from(
    { length: count },
    (_, i) => `---\n${JSON.stringify(rule(first + i, backendPort, priority))}\n`,
  )
  writeFileSync(join(folder, `rules-${String(first).padStart(7, '0')}.yaml`), documents.join(''))
}

function rule(i: number, backendPort: number, priority?: number) {
  return {
    ...{ apiVersion: 'sipdispatch.dev/v1alpha1', kind: 'DispatchRule', metadata: { name: `rule-${i}` } },
    spec: {
      priority,
      match: { called: [{ exact: numberOfRule(i) }] },
      action: { type: 'Route', route: { backends: [{ uri: `sip:127.0.0.1:${backendPort}` }] } },
    },
  }
}
