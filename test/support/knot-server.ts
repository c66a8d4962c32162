/** A real DNS server, Knot, on 127.0.0.1 with a folder of its own. A test changes its zones while it runs, freezes and stops it. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from './loopback-port.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

/** Milliseconds that one command may take. */
const COMMAND_LIMIT_MS = 30_000

export interface KnotServer {
  /** `127.0.0.1:5353`, as `--resolver` wants it. */
  readonly address: string
  readonly port: number
  /** Replaces the records of a zone, lines of a zone file without SOA and NS. Resolves when the server answers with them. */
  change(zone: string, records: readonly string[]): Promise<void>
  /** Freezes the server: nothing answers. */
  pause(): void
  resume(): void
  /** Stops the server: its port is closed. */
  halt(): Promise<void>
  /** Starts it again on the same port with the same zones. */
  restart(): Promise<void>
  /** Stops the server for good and removes the folder. */
  stop(): Promise<void>
}

const exec = promisify(execFile)

/** Starts the server with zones: name of the zone (`example.net`) and its records. */
export async function startKnot(zones: Readonly<Record<string, readonly string[]>>): Promise<KnotServer> {
  const folder = mkdtempSync(join(tmpdir(), 'knot-'))
  const port = await freePort('127.0.0.1')
  const socket = join(folder, 'knot.sock')
  let serial = 0
  const writeZone = (zone: string, records: readonly string[]): void => {
    const head = [`$ORIGIN ${zone}.`, '$TTL 60', `@ SOA ns mail ${++serial} 60 60 60 5`, '@ NS ns', 'ns A 192.0.2.53']
    writeFileSync(join(folder, `${zone}.zone`), `${[...head, ...records].join('\n')}\n`)
  }
  mkdirSync(join(folder, 'db'))
  for (const [zone, records] of Object.entries(zones)) writeZone(zone, records)
  writeFileSync(join(folder, 'knot.conf'), configuration(folder, port, Object.keys(zones)))
  const control = async (...args: readonly string[]): Promise<string> =>
    (await exec('knotc', ['-s', socket, ...args], { timeout: COMMAND_LIMIT_MS })).stdout
  const start = (): Promise<ServerProcess> =>
    startServerProcess({
      name: 'knotd',
      command: ['knotd', '-c', join(folder, 'knot.conf')],
      ready: () =>
        control('status').then(
          () => true,
          () => false,
        ),
    })
  let server = await start()
  return {
    address: `127.0.0.1:${port}`,
    port,
    change: async (zone, records) => {
      writeZone(zone, records)
      await control('-b', 'zone-reload', zone)
    },
    pause: () => server.pause(),
    resume: () => server.resume(),
    halt: () => server.stop(),
    restart: async () => {
      server = await start()
    },
    stop: async () => {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function configuration(folder: string, port: number, zones: readonly string[]): string {
  return `server:
  rundir: ${folder}
  listen: 127.0.0.1@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
control:
  listen: knot.sock
database:
  storage: ${join(folder, 'db')}
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: ${folder}
    file: "%s.zone"
    zonefile-load: whole
    zonefile-sync: -1
zone:
${zones.map((zone) => `  - domain: ${zone}`).join('\n')}
`
}
