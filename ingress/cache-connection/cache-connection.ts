import { readRegularFile } from '../files/regular-file.ts'
import { errorText } from '../text/error-text.ts'
import type { CacheAddress } from './cache-address.ts'
import { type CacheClient, createCacheClient } from './cache-client.ts'
import { CacheError, type CacheErrorCode, cacheError } from './cache-error.ts'
import {
  COMMAND_TIMEOUT_MS,
  CONNECT_TIMEOUT_MS,
  FIRST_RETRY_MS,
  LONGEST_RETRY_MS,
  MAX_PASSWORD_BYTES,
  MAX_PEM_BYTES,
} from './limits.ts'

export interface CacheConnectionOptions {
  readonly address: CacheAddress
  /**
   * File with the password. The file is read at each attempt to connect, so that a rotated Secret takes effect. Undefined:
   * no password.
   */
  readonly passwordFile: string | undefined
  /** File with the password of the sentinels. It too is read at each attempt to connect. */
  readonly sentinelPasswordFile?: string | undefined
  /** PEM file of the trusted authorities. Undefined: the authorities of the system. */
  readonly caFile: string | undefined
  /** PEM files with which we prove our identity to the cache. If they are absent, we show no certificate. */
  readonly client?: { readonly certificateFile: string; readonly keyFile: string } | undefined
  /** Our name in the output of `CLIENT LIST`. */
  readonly name: string
}

export interface SendOptions {
  /** Milliseconds that the command itself waits (`BLOCK`). 0 by default. */
  readonly waitMs?: number
}

/**
 * A connection to the shared cache that is opened again after each failure. A command opens the connection if there is
 * none. A lost or silent connection is dropped. The next command connects again: it resolves the name again and uses the
 * current password. This repairs the connection after a failover, a rotated password or a half-open link.
 */
export interface CacheConnection {
  /**
   * Sends one command to the node that stores `key`. The reply has the form of RESP2. Rejects with `CacheError`. During the
   * pause after a failed attempt to connect, `send` rejects at once. A command that failed is not sent again automatically.
   * For another attempt, call `send` again.
   */
  send(key: string, command: readonly string[], options?: SendOptions): Promise<unknown>
  close(): void
}

/** After these errors the connection is dropped and opened again, because the name may now lead to another server. */
const DROPPED_AFTER: ReadonlySet<CacheErrorCode> = new Set([
  'cache-unreachable',
  'cache-read-only',
  'cache-credentials',
])

interface Connecting {
  readonly ready: Promise<CacheClient>
  readonly drop: () => void
}

export function createCacheConnection(options: CacheConnectionOptions): CacheConnection {
  let current: Connecting | undefined
  let closed = false
  let opened = 0
  const retry = createRetry()
  const drop = (connecting: Connecting): void => {
    if (current === connecting) current = undefined
    connecting.drop()
  }
  const connect = (): Connecting => {
    if (current !== undefined) return current
    retry.check()
    const connecting = open({ ...options, address: rotated(options.address, opened++) }, () => drop(connecting))
    connecting.ready.then(
      () => retry.succeeded(),
      (error: unknown) => {
        retry.failed(cacheError(error))
        drop(connecting)
      },
    )
    current = connecting
    return connecting
  }
  return {
    async send(key, command, { waitMs = 0 } = {}) {
      if (closed) throw new CacheError('cache-unreachable', 'the connection to the shared cache is closed')
      const connecting = connect()
      try {
        const client = await connecting.ready
        return await within(COMMAND_TIMEOUT_MS + waitMs, client.send(key, command))
      } catch (error) {
        const fault = cacheError(error)
        if (DROPPED_AFTER.has(fault.code)) drop(connecting)
        throw fault
      }
    },
    close() {
      closed = true
      if (current !== undefined) drop(current)
    },
  }
}

/**
 * The hosts, beginning with another host at each attempt. If the first host were always the same, a host that accepts
 * connections and never answers would keep us from the other hosts for ever.
 */
function rotated(address: CacheAddress, opened: number): CacheAddress {
  const { hosts } = address
  const first = opened % hosts.length
  return { ...address, hosts: [...hosts.slice(first), ...hosts.slice(0, first)] }
}

function open(options: CacheConnectionOptions, onLost: () => void): Connecting {
  let client: CacheClient | undefined
  let dropped = false
  const ready = async (): Promise<CacheClient> => {
    const { address, name, passwordFile, sentinelPasswordFile, caFile, client: identity } = options
    const [password, sentinelPassword, ca, cert, key] = await Promise.all([
      readPassword(passwordFile),
      readPassword(sentinelPasswordFile),
      readPem(caFile),
      readPem(identity?.certificateFile),
      readPem(identity?.keyFile),
    ])
    if (dropped) throw new CacheError('cache-unreachable', 'the connection to the shared cache was closed')
    let connected = false
    // An error while connecting concerns one host only. The client then asks the next host, and rejects when no host is
    // left.
    const onError = (): void => {
      if (connected) onLost()
    }
    const passwords = { password, sentinelPassword }
    const opened = createCacheClient({ address, name, ...passwords, tls: { ca, cert, key }, onError })
    client = opened
    await within(CONNECT_TIMEOUT_MS, opened.connect())
    connected = true
    return opened
  }
  return {
    ready: ready(),
    drop: () => {
      if (!dropped) client?.destroy()
      dropped = true
    },
  }
}

/**
 * Decides when the next attempt to connect may begin. The pause grows with each failure. A part of it is random, so that a
 * thousand pods do not connect at the same moment.
 */
function createRetry() {
  let failures = 0
  let notBefore = 0
  let last: CacheError | undefined
  return {
    check(): void {
      if (last !== undefined && performance.now() < notBefore) throw last
    },
    succeeded(): void {
      failures = 0
      last = undefined
    },
    failed(error: CacheError): void {
      const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures)
      failures++
      last = error
      notBefore = performance.now() + longest * (0.5 + Math.random() / 2)
    },
  }
}

async function within<T>(timeoutMs: number, reply: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([reply, late])
  } finally {
    clearTimeout(timer)
  }
}

async function readPassword(file: string | undefined): Promise<string | undefined> {
  const text = await readText(file, MAX_PASSWORD_BYTES)
  if (text === undefined) return undefined
  const password = text.replace(/\r?\n$/, '')
  if (password.trim() !== '' && !/[\0\r\n]/.test(password)) return password
  throw new CacheError(
    'cache-credentials',
    `${file} holds no password: one line of at most ${MAX_PASSWORD_BYTES} bytes, not blank`,
  )
}

/**
 * Reads a PEM file. An empty file is refused: the client would take it for no file, and trust the authorities of the
 * system.
 */
async function readPem(file: string | undefined): Promise<string | undefined> {
  const text = await readText(file, MAX_PEM_BYTES)
  if (text === undefined || text.includes('-----BEGIN ')) return text
  throw new CacheError('cache-credentials', `${file} holds no PEM: a certificate or key begins with -----BEGIN`)
}

async function readText(file: string | undefined, maxBytes: number): Promise<string | undefined> {
  if (file === undefined) return undefined
  try {
    return (await readRegularFile(file, maxBytes)).toString('utf8')
  } catch (error) {
    const why = errorText(error)
    throw new CacheError('cache-credentials', `${file} cannot be read: ${why}; mount the Secret that holds it`, {
      cause: error,
    })
  }
}
