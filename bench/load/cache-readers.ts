/**
 * Many readers of the shared cache in one process. Each follows the log over one connection and reports over another, as a pod
 * does, but keeps no table. They speak the cache's protocol without a client library: otherwise a thousand instances of the
 * library would be measured.
 *
 * Run by `bench/propagation.ts`: arguments are port, prefix, readers and the version to start after. Ends with its input.
 */
import { connect, type Socket } from 'node:net'
import process from 'node:process'
import { REPORT_EXPIRY_MS } from '../../ingress/replica/limits.ts'
import { encodePosition } from '../../ingress/route-table/cache-head.ts'
import { cacheKeys } from '../../ingress/route-table/cache-keys.ts'

const WAIT_MS = 2_000
const EPOCH = 1

const [port = '', prefix = '', readers = '', from = ''] = process.argv.slice(2)
const keys = cacheKeys(prefix)
const reached = new Map<number, number>()

const command = (...parts: readonly string[]): string =>
  `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`

/** The version of a reader rises by one, or by several if the reader was late. */
function countVersions(before: number, version: number): void {
  for (let one = before + 1; one <= version; one++) {
    const count = (reached.get(one) ?? 0) + 1
    reached.set(one, count)
    if (count < Number(readers)) continue
    process.stdout.write(`${JSON.stringify({ version: one, at: performance.timeOrigin + performance.now() })}\n`)
  }
}

function follow(socket: Socket, report: (version: number) => void): void {
  let version = Number(from)
  const next = (): void => {
    socket.write(command('XREAD', 'COUNT', '100', 'BLOCK', String(WAIT_MS), 'STREAMS', keys.log, `${version}-0`))
  }
  socket.setEncoding('latin1')
  // A record of one rule comes in one segment over the loopback; `*-1` means that none has come.
  socket.on('data', (text) => {
    const last = [...String(text).matchAll(/\r\n(\d+)-0\r\n/g)].at(-1)?.[1]
    if (last !== undefined) {
      countVersions(version, Number(last))
      version = Number(last)
      report(version)
    }
    next()
  })
  next()
}

function startReader(name: string): void {
  const reports = connect(Number(port), '127.0.0.1')
  reports.resume()
  const key = keys.reader(name)
  const report = (version: number): void => {
    const position = encodePosition({ epoch: EPOCH, version })
    reports.write(command('SET', key, position, 'PX', String(REPORT_EXPIRY_MS)) + command('SADD', keys.readers, name))
  }
  const socket = connect(Number(port), '127.0.0.1', () => follow(socket, report))
}

for (let i = 0; i < Number(readers); i++) startReader(`reader-${i}`)
process.stdin.resume().on('end', () => process.exit(0))
