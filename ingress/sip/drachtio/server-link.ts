/**
 * Connects to one drachtio-server, and connects again after each loss. Each attempt uses the address and TLS of the
 * configuration.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { readRegularFile } from '../../files/regular-file.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import type { Random } from '../../time/random.ts'
import { type DrachtioAddress, type DrachtioConfig, serverUrl } from './drachtio-config.ts'
import { CONNECT_MS, FIRST_RETRY_MS, LONGEST_RETRY_MS, MAX_PEM_BYTES, REFUSED_RETRY_MS } from './limits.ts'
import { readSecret } from './server-secret.ts'
import { openSession, type ServerSession, type SessionEnd, type SessionEvents } from './server-session.ts'

export interface LinkOptions {
  readonly address: DrachtioAddress
  readonly config: DrachtioConfig
  readonly clock: Clock
  readonly random: Random
  readonly events: SessionEvents
  readonly onFault: (code: string, message: string) => void
}

export interface ServerLink {
  /** The reason for which the server does not hand over its requests. Undefined while it does. */
  readonly unready: string | undefined
  /** Stops connecting. A session that is ready stays open, and the engine ends it after its work. */
  close(): void
}

/** Reasons for the end of a session that only a person can remove. If we tried again immediately, both logs would fill. */
const REFUSALS: ReadonlySet<SessionEnd['code']> = new Set(['drachtio-secret-refused', 'drachtio-version-unsupported'])

interface LinkState {
  unready: string | undefined
  failures: number
  closed: boolean
  timer: Timer | undefined
  session: ServerSession | undefined
  dialling: Socket | undefined
}

export function openLink(options: LinkOptions): ServerLink {
  const { clock, address } = options
  const server = serverUrl(address)
  const unready = `${server} has not answered yet`
  const state: LinkState = {
    unready,
    failures: 0,
    closed: false,
    timer: undefined,
    session: undefined,
    dialling: undefined,
  }
  dial(options, state)
  return {
    get unready() {
      return state.unready
    },
    close: () => {
      state.closed = true
      if (state.timer) clock.cancel(state.timer)
      state.dialling?.destroy()
      if (state.unready !== undefined) state.session?.cut()
      state.unready = `${server} is not used any more`
    },
  }
}

function dial(options: LinkOptions, state: LinkState): void {
  state.timer = undefined
  connected(options, state).then(
    ({ socket, secret }) => begin(options, state, { socket, secret }),
    (error: unknown) => retry(options, state, failureOf(error, serverUrl(options.address))),
  )
}

function begin(
  options: LinkOptions,
  state: LinkState,
  way: { readonly socket: Socket; readonly secret: string },
): void {
  const { clock, events, address } = options
  state.dialling = undefined
  if (state.closed) return void way.socket.destroy()
  state.session = openSession(
    { ...way, clock, server: serverUrl(address) },
    {
      onReady: (session) => {
        state.unready = undefined
        state.failures = 0
        events.onReady(session)
      },
      onRequest: events.onRequest,
      onEnd: (session, end) => {
        state.session = undefined
        events.onEnd(session, end)
        retry(options, state, end)
      },
    },
  )
}

/**
 * Connects again after a pause. The pause grows with each failure. A part of it is random, so that not all pods connect at the
 * same time.
 */
function retry(options: LinkOptions, state: LinkState, why: { readonly code: string; readonly message: string }): void {
  if (state.closed) return
  const { clock, random, onFault } = options
  if (state.unready !== why.message) onFault(why.code, why.message)
  state.unready = why.message
  const backOff = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** state.failures)
  const longest = isRefusal(why.code) ? REFUSED_RETRY_MS : backOff
  state.failures++
  const again = (): void => dial(options, state)
  state.timer = clock.after(longest * (0.5 + random.fraction() / 2), again, undefined)
}

function isRefusal(code: string): boolean {
  return [...REFUSALS].some((refusal) => refusal === code)
}

async function connected({ address, config, clock }: LinkOptions, state: LinkState) {
  const [secret, ca] = await Promise.all([
    readSecret(config),
    address.tls && config.caFile !== undefined ? readAuthorities(config.caFile) : undefined,
  ])
  const { host, port } = address
  const socket = address.tls
    ? connectTls({ host, port, ...(ca ? { ca } : {}), ...(isIP(host) === 0 ? { servername: host } : {}) })
    : connectTcp({ host, port })
  state.dialling = socket
  if (state.closed) socket.destroy()
  socket.setNoDelay(true)
  await established(socket, { event: address.tls ? 'secureConnect' : 'connect', clock })
  return { socket, secret }
}

/** Refuses a file that has no certificate. With an empty file, Node would trust the system's authorities instead. */
async function readAuthorities(file: string): Promise<Buffer> {
  const pem = await readRegularFile(file, MAX_PEM_BYTES)
  if (pem.includes('-----BEGIN ')) return pem
  throw new Error(`${file} holds no certificate: PEM begins with -----BEGIN`)
}

/** Resolves when the socket can be written to. With TLS, the server has then proved who it is. */
function established(
  socket: Socket,
  { event, clock }: { readonly event: 'connect' | 'secureConnect'; readonly clock: Clock },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = (): void => void socket.destroy(new Error(`no connection within ${CONNECT_MS} ms`))
    const timer = clock.after(CONNECT_MS, late, undefined)
    const over = (): void => clock.cancel(timer)
    socket.once(event, () => {
      over()
      resolve()
    })
    // This listener is never removed, because an 'error' without a listener would end the process. After every 'error', a
    // 'close' follows.
    socket.on('error', (error) => {
      over()
      reject(error)
    })
    socket.once('close', () => {
      over()
      reject(new Error('the connection was closed'))
    })
  })
}

function failureOf(error: unknown, server: string): { code: string; message: string } {
  const coded = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const message = error instanceof Error ? error.message : String(error)
  if (coded === 'drachtio-secret-unusable') return { code: coded, message }
  return { code: 'drachtio-unreachable', message: `${server} cannot be reached: ${message}` }
}
