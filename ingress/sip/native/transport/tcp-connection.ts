import type { Socket } from 'node:net'
import type { IpAddress } from '../../../address/ip-address.ts'
import type { Clock, Timer } from '../../../time/clock.ts'
import {
  ACCEPTED_STREAM_IDLE_MS,
  MAX_PONGS,
  MAX_STRANGER_STREAM_BYTES,
  MAX_STREAM_QUEUE_BYTES,
  OPENED_STREAM_IDLE_MS,
  PONG_WINDOW_MS,
  STRANGER_STREAM_MS,
  STREAM_CONNECT_MS,
  STREAM_LINGER_MS,
  STREAM_MESSAGE_MS,
  STREAM_REVIEW_MS,
  STREAM_TURN_BYTES,
} from '../../limits.ts'
import { type Frame, StreamFramer } from '../../message/stream-framer.ts'
import type { ConnectionCounts, Standing } from './connection-counts.ts'
import type { Destination, Flow, LocalEndpoint, SendOptions, TransportEvents } from './transport.ts'
import { TransportError, unsendable } from './transport-error.ts'
import { createUnconfirmedRequests, failSoon, type UnconfirmedRequests } from './unconfirmed-requests.ts'
import { createUnsentRequests } from './unsent-requests.ts'

export interface TcpConnectionOptions {
  readonly socket: Socket
  /** The standing of the connection. `counts` already contains the connection under this standing. */
  readonly standing: Standing
  readonly remoteAddress: IpAddress
  readonly remotePort: number
  readonly local: LocalEndpoint
  readonly events: TransportEvents
  readonly clock: Clock
  readonly counts: ConnectionCounts
  /** Called when the socket is closed and `counts` no longer contains the connection. */
  readonly onClosed: (connection: TcpConnection) => void
}

/** `half-closed`: the peer sends no more and waits for answers. `closing`: we send the remaining bytes, and no others. */
type ConnectionState = 'connecting' | 'open' | 'half-closed' | 'closing' | 'closed'

/** RFC 5626 §4.4.1: a pong (one CRLF) answers a ping (two CRLFs). This is the largest number of pongs in one write. */
const PONGS = Buffer.from('\r\n'.repeat(MAX_PONGS))
const PONG_BYTES = 2

/** A ping has four bytes, so up to three buffered bytes may be a part of a ping and not of a message. */
const PING_REST_BYTES = 3

const NEVER = Number.POSITIVE_INFINITY

/** One TCP connection, opened by us or by the peer. Its only timer is set to the earliest deadline (see `#deadline`). */
export class TcpConnection implements Flow {
  readonly transport = 'TCP'
  readonly remoteAddress: IpAddress
  readonly remotePort: number
  /** The other end, as the peer of a message and as the place to which a request goes. */
  readonly peer: Destination
  readonly local: LocalEndpoint
  readonly #options: TcpConnectionOptions
  readonly #socket: Socket
  readonly #framer = new StreamFramer()
  readonly #requests: UnconfirmedRequests
  /** Requests that wait until the connection is established. Until then, the peer cannot have received any byte of them. */
  readonly #unsent = createUnsentRequests()
  #state: ConnectionState
  #standing: Standing
  /** The time at which the current state or the current standing began. */
  #since: number
  #lastUsed: number
  #lastAnswered = Number.NEGATIVE_INFINITY
  #lastReviewed: number
  #messageSince = NEVER
  /** The time of the first request that we sent after the peer's last message. */
  #silentSince = NEVER
  #strangerBytes = 0
  #holds = 0
  /** The number of pongs in the current window of `PONG_WINDOW_MS`. */
  #pongs = 0
  #pongsSince = Number.NEGATIVE_INFINITY
  #error: Error | undefined
  #timer: Timer | undefined

  constructor(options: TcpConnectionOptions) {
    this.#options = options
    this.#socket = options.socket
    this.remoteAddress = options.remoteAddress
    this.remotePort = options.remotePort
    this.peer = { address: options.remoteAddress, port: options.remotePort, transport: 'TCP' }
    this.local = options.local
    this.#requests = createUnconfirmedRequests(options.events)
    this.#standing = options.standing
    this.#state = options.socket.connecting ? 'connecting' : 'open'
    this.#since = options.clock.now()
    this.#lastUsed = this.#since
    this.#lastReviewed = this.#since
    this.#listen()
    this.#arm()
  }

  get open(): boolean {
    return this.takesRequests || this.#state === 'half-closed'
  }

  /** Whether a request may be sent on this connection. The peer must still be able to send its answer. */
  get takesRequests(): boolean {
    return this.#state === 'open' || this.#state === 'connecting'
  }

  send(bytes: Uint8Array, _port?: number, onLost?: () => void): boolean {
    if (!this.#write(bytes, onLost)) return false
    this.#lastAnswered = this.#lastUsed
    return true
  }

  sendOnce(bytes: Uint8Array): boolean {
    return this.#write(bytes)
  }

  /** Sends a request. If the connection fails before any message has come back on it, the request fails too. */
  request(bytes: Uint8Array, options: SendOptions): void {
    const { clock, events } = this.#options
    if (this.#state === 'connecting') {
      const waits = this.#unsent.add({ bytes, options, until: clock.now() + (options.connectMs ?? STREAM_CONNECT_MS) })
      if (waits) this.#arm()
      else failSoon(options, unsendable('stream-queue-full', this.peer), events)
    } else if (this.send(bytes)) {
      this.#requests.add(options)
      this.#silentSince = Math.min(this.#silentSince, this.#lastUsed)
    } else failSoon(options, this.#error ?? unsendable('stream-closed', this.peer), events)
  }

  hold(): void {
    this.#holds++
  }

  release(): void {
    this.#holds--
    this.#lastUsed = this.#options.clock.now()
    if (this.#state === 'half-closed' && this.#holds === 0) this.#end()
    else this.#arm()
  }

  close(): void {
    if (!this.open) return
    if (this.#standing === 'stranger') this.#socket.destroy()
    else this.#socket.end()
    this.#enter('closing')
  }

  /** Closes after the pending bytes are sent. Unlike `close`, this does the same for every standing. */
  #end(): void {
    this.#socket.end()
    this.#enter('closing')
  }

  /** Sends the last bytes, then closes. Resolves when the socket is closed. Does not wait until the peer closes. */
  shutDown(): Promise<void> {
    if (this.#state === 'closed') return Promise.resolve()
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()))
    if (this.#state === 'connecting') this.#socket.destroy()
    else this.#socket.destroySoon()
    this.#enter('closing')
    return closed
  }

  /** Called when the timer fires. The deadline may have become later in the meantime. */
  checkTime(): void {
    this.#timer = undefined
    if (this.#state === 'open' && !this.#review()) return
    if (this.#state === 'connecting') this.#dropUnsent()
    if (this.#deadline() > this.#options.clock.now()) this.#arm()
    else this.#expire()
  }

  #listen(): void {
    this.#socket.on('connect', () => {
      if (this.#state !== 'connecting') return
      this.#enter('open')
      for (const { bytes, options } of this.#unsent.takeAll()) this.request(bytes, options)
    })
    this.#socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    this.#socket.on('end', () => this.#onEnd())
    // After an 'error', a 'close' follows. Its handler tells all waiting requests that they have failed.
    this.#socket.on('error', (error) => {
      this.#error ??= error
    })
    this.#socket.on('close', () => this.#onClose())
  }

  /**
   * The peer has ended its sending direction, so it cannot answer our requests on this connection. The peer may still read our
   * answers, so our direction stays open until the answers are sent (RFC 3261 §18.2.2: the connection still exists).
   */
  #onEnd(): void {
    if (this.#state !== 'open') return
    this.#messageSince = NEVER
    if (this.#holds === 0) return this.#end()
    this.#enter('half-closed')
    this.#requests.fail(unsendable('stream-closed', this.peer))
  }

  #onData(chunk: Buffer): void {
    if (this.#state !== 'open' || !this.#review()) return
    if (this.#standing === 'stranger') {
      this.#strangerBytes += chunk.length
      if (this.#strangerBytes > MAX_STRANGER_STREAM_BYTES) {
        this.close()
        return
      }
    }
    this.#framer.push(chunk)
    this.#takeFrames()
    if (this.#framer.buffered <= PING_REST_BYTES) this.#onQuiet()
    else if (this.#messageSince === NEVER) this.#messageSince = this.#options.clock.now()
    this.#arm()
    // Without a pause, Node would read up to 2 MiB of this connection before it reads the other sockets.
    if (chunk.length < STREAM_TURN_BYTES) return
    this.#socket.pause()
    setImmediate(() => this.#socket.resume())
  }

  /** Called when no message is in progress. All bytes that a peer sends to keep its connection open count as use. */
  #onQuiet(): void {
    this.#messageSince = NEVER
    if (this.#standing === 'peer') this.#lastUsed = this.#options.clock.now()
  }

  #takeFrames(): void {
    let pings = 0
    let complete = true
    while (complete && this.#state === 'open') {
      const frame = this.#framer.next()
      switch (frame.type) {
        case 'message':
          this.#onMessage(frame)
          break
        case 'ping':
          pings++
          break
        case 'incomplete':
          complete = false
          break
        case 'broken':
          this.#options.events.onBrokenStream(frame.head, frame.code, this)
          return this.close()
      }
    }
    if (pings > 0) this.#onPings(pings)
  }

  #onMessage({ bytes, offset, length }: Extract<Frame, { type: 'message' }>): void {
    this.#lastUsed = this.#options.clock.now()
    this.#messageSince = NEVER
    this.#silentSince = NEVER
    this.#requests.confirm()
    this.#options.events.onMessage(bytes, offset, length, this)
  }

  /**
   * RFC 5626 §4.4.1: sends one CRLF for each ping, all in one write. A stranger gets no byte. This also holds if the stranger's
   * connection counts as a peer's for a while, because of a hold or an answer. A peer that sends too many pings, or does not
   * read, gets no further pongs.
   */
  #onPings(pings: number): void {
    const { clock, events } = this.#options
    if (this.#socket.writableLength > 0 || !events.isKnown(this.remoteAddress, this.remotePort)) return
    if (clock.now() - this.#pongsSince >= PONG_WINDOW_MS) {
      this.#pongsSince = clock.now()
      this.#pongs = 0
    }
    const pongs = Math.min(pings, MAX_PONGS - this.#pongs)
    this.#pongs += pongs
    if (pongs > 0) this.#write(PONGS.subarray(0, pongs * PONG_BYTES))
  }

  #write(bytes: Uint8Array, onLost?: () => void): boolean {
    if (!this.open) return false
    if (this.#socket.writableLength + bytes.length > MAX_STREAM_QUEUE_BYTES) {
      this.#error = unsendable('stream-queue-full', this.peer)
      this.#socket.destroy()
      this.#enter('closing')
      return false
    }
    // The peer may have closed both directions. This looks like one closed direction until a write fails.
    if (onLost && this.#state === 'half-closed') this.#socket.write(bytes, (error) => error && onLost())
    else this.#socket.write(bytes)
    this.#lastUsed = this.#options.clock.now()
    return true
  }

  /** Checks the standing again: a new table may change it. Closes and returns false if the new standing has no room. */
  #review(): boolean {
    if (this.#standing === 'opened') return true
    this.#lastReviewed = this.#options.clock.now()
    const standing = this.#isPeer() ? 'peer' : 'stranger'
    if (standing === this.#standing) return true
    const { counts } = this.#options
    if (!counts.enter(standing, this.remoteAddress.text)) {
      this.close()
      return false
    }
    counts.leave(this.#standing, this.remoteAddress.text)
    this.#standing = standing
    this.#since = this.#lastReviewed
    this.#strangerBytes = 0
    this.#arm()
    return true
  }

  /** Whether the source is known, or a valid dialog cookie has lately led to an answer or a hold on this connection. */
  #isPeer(): boolean {
    const isAnswered = this.#lastReviewed - this.#lastAnswered < STREAM_REVIEW_MS
    return this.#holds > 0 || isAnswered || this.#options.events.isKnown(this.remoteAddress, this.remotePort)
  }

  #enter(state: ConnectionState): void {
    this.#state = state
    this.#since = this.#options.clock.now()
    this.#arm()
  }

  /** The time on the clock at which the connection must be checked again. */
  #deadline(): number {
    if (this.#state === 'connecting') return Math.min(this.#since + STREAM_CONNECT_MS, this.#unsent.earliest)
    // The transaction that holds the connection has its own timers, and releases the connection.
    if (this.#state === 'half-closed') return NEVER
    if (this.#state === 'closing') return this.#since + STREAM_LINGER_MS
    if (this.#state === 'closed') return NEVER
    return Math.min(this.#messageSince + STREAM_MESSAGE_MS, this.#standingDeadline())
  }

  #standingDeadline(): number {
    if (this.#standing === 'stranger') return this.#since + STRANGER_STREAM_MS
    if (this.#standing === 'peer')
      return Math.min(this.#idleEnd(ACCEPTED_STREAM_IDLE_MS), this.#lastReviewed + STREAM_REVIEW_MS)
    return this.#idleEnd(OPENED_STREAM_IDLE_MS)
  }

  /** RFC 3261 §18: a connection stays open for some time after its last use, and longer while a transaction waits. */
  #idleEnd(idleMs: number): number {
    if (this.#holds > 0) return NEVER
    // If the peer sends no message, bytes that we send do not count as use. The peer's machine may have failed without sending
    // a reset, and only a new connection shows that.
    return Math.min(this.#lastUsed, this.#silentSince) + idleMs
  }

  /** Sets the timer so that it fires at the deadline or earlier. If it fires earlier, it is set again. */
  #arm(): void {
    const { clock } = this.#options
    const deadline = this.#deadline()
    if (this.#timer) {
      if (this.#timer.deadline <= deadline && this.#state !== 'closed') return
      clock.cancel(this.#timer)
      this.#timer = undefined
    }
    if (deadline !== NEVER) this.#timer = clock.after(deadline - clock.now(), checkTime, this)
  }

  /**
   * A request that can also be sent in another way (over UDP, or to another address) may wait less than `STREAM_CONNECT_MS`.
   * Its time ends here. If no other request waits, the attempt to connect is ended too.
   */
  #dropUnsent(): void {
    const { clock, events } = this.#options
    const expired = this.#unsent.takeExpired(clock.now())
    for (const { options } of expired) failSoon(options, unsendable('connect-timeout', this.peer), events)
    if (expired.length > 0 && this.#unsent.size === 0) this.#expire()
  }

  #expire(): void {
    if (this.#state === 'open') {
      this.close()
      return
    }
    if (this.#state === 'connecting') {
      this.#error = unsendable('connect-timeout', this.peer)
      this.#enter('closing')
    }
    this.#socket.destroy()
  }

  #onClose(): void {
    const { counts, events, onClosed } = this.#options
    this.#enter('closed')
    counts.leave(this.#standing, this.remoteAddress.text)
    onClosed(this)
    const error = this.#error
    if (error && (this.#standing === 'opened' || error instanceof TransportError))
      events.onUnreachable(this.peer, error)
    const reason = error ?? unsendable('stream-closed', this.peer)
    for (const { options } of this.#unsent.takeAll()) failSoon(options, reason, events)
    this.#requests.fail(reason)
  }
}

function checkTime(connection: TcpConnection): void {
  connection.checkTime()
}
