/** One connection with a drachtio-server, from its first byte to its last. The server or this process may have opened it. */
import type { Socket } from 'node:net'
import type { Clock, Timer } from '../../time/clock.ts'
import {
  type HandedRequest,
  type OutgoingRequest,
  type SendingEvents,
  type SentRequest,
  type ServerConnection,
  speakDrachtio,
} from './drachtio-library.ts'
import { AUTHENTICATE_MS, PING_MS } from './limits.ts'
import { isRecentServer, OLDEST_SERVER } from './server-version.ts'

/** The reason for which a session ended. */
export interface SessionEnd {
  readonly code:
    | 'drachtio-connection-lost'
    | 'drachtio-secret-refused'
    | 'drachtio-version-unsupported'
    | 'drachtio-server-silent'
    | 'drachtio-broken-frame'
  readonly message: string
}

export interface SessionEvents {
  readonly onReady: (session: ServerSession) => void
  readonly onRequest: (session: ServerSession, request: HandedRequest) => void
  /** Called once for each session, even if the session was never ready. */
  readonly onEnd: (session: ServerSession, end: SessionEnd) => void
}

export interface SessionOptions {
  readonly socket: Socket
  /** The name of the server in the messages of faults. */
  readonly server: string
  readonly secret: string
  readonly clock: Clock
}

export interface ServerSession {
  readonly server: string
  readonly open: boolean
  request(request: OutgoingRequest, events: SendingEvents): SentRequest
  route(methods: readonly string[]): void
  /** Sends all pending bytes and then the end of the stream. The server then closes the connection. */
  end(): void
  cut(): void
}

const ENDS = {
  lost: {
    code: 'drachtio-connection-lost',
    message: 'the connection is lost; calls that it set up cannot be answered',
  },
  refused: {
    code: 'drachtio-secret-refused',
    message: 'refuses the secret: give the one of its <admin> element in --drachtio-secret-file',
  },
  silent: { code: 'drachtio-server-silent', message: 'does not answer' },
  broken: { code: 'drachtio-broken-frame', message: 'sent what is no frame of its protocol' },
} as const satisfies Record<string, SessionEnd>

/**
 * Starts a session on a connected socket. The secret is sent first. `onEnd` is called if the server is too old, does not
 * answer, or sends bytes that are not frames.
 */
export function openSession(options: SessionOptions, events: SessionEvents): ServerSession {
  const { socket, server, secret, clock } = options
  let end: SessionEnd = ENDS.lost
  const finish = (why: SessionEnd): void => {
    end = why
    connection.cut()
  }
  let timer: Timer = clock.after(AUTHENTICATE_MS, finish, ENDS.silent)
  const ping = (): void => {
    timer = clock.after(PING_MS, finish, ENDS.silent)
    connection.ping(() => {
      clock.cancel(timer)
      timer = clock.after(PING_MS, ping, undefined)
    })
  }
  const onAuthenticated = (version: string): void => {
    if (!connection.open) return
    clock.cancel(timer)
    if (!isRecentServer(version)) return finish(tooOld(version))
    timer = clock.after(PING_MS, ping, undefined)
    events.onReady(session)
  }
  const connection: ServerConnection = speakDrachtio(socket, secret, {
    onAuthenticated,
    onRefused: () => finish(ENDS.refused),
    onRequest: (request) => events.onRequest(session, request),
    onBrokenFrame: () => {
      end = ENDS.broken
    },
  })
  const session: ServerSession = {
    server,
    get open() {
      return connection.open
    },
    request: (request, sending) => connection.request(request, sending),
    route: (methods) => connection.route(methods),
    end: () => connection.end(),
    cut: () => connection.cut(),
  }
  socket.once('close', () => {
    clock.cancel(timer)
    events.onEnd(session, { code: end.code, message: `${server} ${end.message}` })
  })
  return session
}

function tooOld(version: string): SessionEnd {
  const said = version === '' ? 'does not say its version' : `is ${version}`
  return { code: 'drachtio-version-unsupported', message: `${said}: this engine needs ${OLDEST_SERVER} or later` }
}
