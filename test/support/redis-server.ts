/** A real Redis (or Valkey) on 127.0.0.1 with a folder of its own, which a test may freeze, kill and start again. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createCertificateAuthority } from './certificate-authority.ts'
import { type Loopback, loopbackPorts, uriHost } from './loopback-port.ts'
import { guardLeftover } from './process-guard.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

/** Milliseconds that one command may take: a frozen server does not answer at all. */
const COMMAND_LIMIT_MS = 30_000

/** Programs that serve the protocol, each with its command line client. */
const PROGRAMS = { 'redis-server': 'redis-cli', 'valkey-server': 'valkey-cli' } as const

type RedisProgram = keyof typeof PROGRAMS

export interface RedisOptions {
  /** Undefined: 127.0.0.1. */
  readonly host?: Loopback
  /** Password of the user `default`, which may do everything. Undefined: no password is needed. */
  readonly password?: string
  /** More users, as an ACL file writes them: `user reader on >secret ~* +@read`. */
  readonly users?: readonly string[]
  /** TLS only; `mutual` demands a client certificate, too. */
  readonly tls?: 'server' | 'mutual'
  /** The server copies this other server, without TLS. It is ready when the link is up. */
  readonly replicaOf?: RedisServer
  /**
   * The server has no data: it watches this other server under the name `primary`, and makes a replica of it the primary when
   * it is gone.
   */
  readonly sentinelOf?: RedisServer
  /** More lines of redis.conf: `maxmemory 2mb`. */
  readonly configuration?: readonly string[]
}

/** PEM files of a server with TLS. */
export interface RedisTlsFiles {
  readonly caFile: string
  readonly clientCertificateFile: string
  readonly clientKeyFile: string
}

export interface RedisServer {
  readonly host: Loopback
  readonly port: number
  /** `redis://` or `rediss://` and the host; with the password, where there is one. */
  readonly url: string
  readonly password: string | undefined
  readonly folder: string
  readonly tls: RedisTlsFiles | undefined
  /** Sends a command and returns the output of the client program. @throws REDIS_COMMAND for an error reply. */
  command(...args: readonly string[]): Promise<string>
  /** Freezes the server: connections stay open and nothing answers. */
  pause(): void
  resume(): void
  /** Kills the server, like a crash. The data is kept for `restart`. */
  kill(): Promise<void>
  /** Stops the server if it runs, and starts it on the same port, by default with its data. */
  restart(options?: { readonly data: 'kept' | 'lost' }): Promise<void>
  /** Stops the server for good and removes the folder. */
  stop(): Promise<void>
}

interface Place {
  readonly host: Loopback
  readonly program: RedisProgram
  readonly port: number
  readonly folder: string
  readonly tls: RedisTlsFiles | undefined
}

/** The program that this machine has, with its command line client. */
export function redisProgram(): RedisProgram | undefined {
  const has = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0
  return Object.keys(PROGRAMS)
    .filter(isRedisProgram)
    .find((server) => has(server) && has(PROGRAMS[server]))
}

/** Starts a server; resolves when it answers. @throws REDIS_MISSING, SERVER_START */
export async function startRedisServer(options: RedisOptions = {}): Promise<RedisServer> {
  const { password, host = '127.0.0.1' } = options
  const program = redisProgram()
  if (program === undefined) throw new Error('REDIS_MISSING: install the package redis-server or valkey-server')
  const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-redis-'))
  const release = guardLeftover({ folder })
  const [port = 0] = await loopbackPorts(1)
  const tls = options.tls === undefined ? undefined : await tlsFiles(folder)
  const place = { host, program, port, folder, tls }
  writeFileSync(join(folder, 'redis.conf'), configuration(options, place).join('\n'))
  writeFileSync(join(folder, 'users.acl'), userLines(options).join('\n'))
  const command = commandOf(place, password)
  const start = () =>
    startServerProcess({
      name: program,
      command: [program, join(folder, 'redis.conf'), ...(options.sentinelOf ? ['--sentinel'] : [])],
      ready: () => isReady(command, options),
    })
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}@`
  return {
    host,
    port,
    url: `${tls === undefined ? 'redis' : 'rediss'}://${secret}${uriHost(host)}:${port}`,
    password,
    folder,
    tls,
    command,
    ...lifeOf({ server: await start(), start, folder, release }),
  }
}

interface Life {
  server: ServerProcess
  readonly start: () => Promise<ServerProcess>
  readonly folder: string
  readonly release: () => void
}

function lifeOf(life: Life): Pick<RedisServer, 'pause' | 'resume' | 'kill' | 'restart' | 'stop'> {
  return {
    pause: () => life.server.pause(),
    resume: () => life.server.resume(),
    kill: () => life.server.kill(),
    restart: async ({ data } = { data: 'kept' }) => {
      await life.server.stop()
      if (data === 'lost') rmSync(join(life.folder, 'appendonlydir'), { recursive: true, force: true })
      life.server = await life.start()
    },
    stop: async () => {
      await life.server.stop()
      rmSync(life.folder, { recursive: true, force: true })
      life.release()
    },
  }
}

/** Every command is in the append-only file before it is answered, so that a crash loses none of them. */
function configuration(options: RedisOptions, { host, port, folder, tls }: Place): string[] {
  const { replicaOf, sentinelOf } = options
  if (sentinelOf) return sentinelLines(sentinelOf, { host, port, folder, password: options.password })
  const lines = [`bind ${host}`, `dir ${folder}`, 'daemonize no', 'save ""', 'appendonly yes']
  lines.push(`aclfile ${join(folder, 'users.acl')}`, 'repl-diskless-sync-delay 0')
  if (tls === undefined) lines.push(`port ${port}`)
  else lines.push(...tlsLines(port, folder, options.tls === 'mutual'))
  if (replicaOf !== undefined) {
    lines.push(`replicaof ${replicaOf.host} ${replicaOf.port}`)
    if (replicaOf.password !== undefined) lines.push(`masterauth ${replicaOf.password}`)
  }
  return [...lines, ...(options.configuration ?? []), '']
}

/** The only sentinel, so it may decide alone, and decides soon. */
type SentinelPlace = Pick<Place, 'host' | 'port' | 'folder'> & { readonly password: string | undefined }

function sentinelLines(of: RedisServer, { host, port, folder, password }: SentinelPlace): string[] {
  const monitor = ['sentinel monitor primary', of.host, of.port, 1].join(' ')
  const times = ['sentinel down-after-milliseconds primary 500', 'sentinel failover-timeout primary 5000']
  const secrets = [
    ...(of.password === undefined ? [] : [`sentinel auth-pass primary ${of.password}`]),
    ...(password === undefined ? [] : [`requirepass ${password}`]),
  ]
  return [`bind ${host}`, `port ${port}`, `dir ${folder}`, 'daemonize no', monitor, ...times, ...secrets, '']
}

function userLines({ password, users = [] }: RedisOptions): string[] {
  const secret = password === undefined ? 'nopass' : `>${password}`
  return [`user default on ${secret} ~* &* +@all`, ...users, '']
}

function tlsLines(port: number, folder: string, mutual: boolean): string[] {
  const files = [`tls-cert-file ${join(folder, 'server.crt')}`, `tls-key-file ${join(folder, 'server.key')}`]
  const clients = `tls-auth-clients ${mutual ? 'yes' : 'no'}`
  return ['port 0', `tls-port ${port}`, ...files, `tls-ca-cert-file ${join(folder, 'ca.crt')}`, clients]
}

async function tlsFiles(folder: string): Promise<RedisTlsFiles> {
  const authority = await createCertificateAuthority(folder)
  await authority.issue({ name: 'server', subject: '/CN=redis', names: ['IP:127.0.0.1', 'DNS:localhost'] })
  const client = await authority.issue({ name: 'client', subject: '/CN=client' })
  return { caFile: authority.caFile, clientCertificateFile: client.certificateFile, clientKeyFile: client.keyFile }
}

function commandOf({ host, program, port, tls }: Place, password: string | undefined): RedisServer['command'] {
  const to = ['-h', host, '-p', String(port), '-e', '--no-auth-warning']
  if (password !== undefined) to.push('-a', password)
  if (tls !== undefined) {
    to.push('--tls', '--cacert', tls.caFile, '--cert', tls.clientCertificateFile, '--key', tls.clientKeyFile)
  }
  const run = promisify(execFile)
  return async (...args) => {
    try {
      const { stdout } = await run(PROGRAMS[program], [...to, ...args], { timeout: COMMAND_LIMIT_MS })
      return stdout.replace(/\n$/, '')
    } catch (cause) {
      throw new Error(`REDIS_COMMAND: ${args.join(' ')} failed: ${String(cause)}`, { cause })
    }
  }
}

async function isReady(command: RedisServer['command'], { replicaOf, sentinelOf }: RedisOptions): Promise<boolean> {
  // The client program fails until the server listens; that is not an error of the test.
  const answer = await command('INFO').catch(() => '')
  if (sentinelOf) return /status=ok,.*slaves=[1-9]/.test(answer)
  return replicaOf ? answer.includes('master_link_status:up') : answer.includes('role:')
}

function isRedisProgram(program: string): program is RedisProgram {
  return program in PROGRAMS
}
