/** Raw sockets for tests: they send any bytes from any loopback address, and show what comes back. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** Milliseconds after which an answer counts as absent. */
const ANSWER_LIMIT_MS = 60_000

/** Bursts of a flood after which a connection that still exists will not be cut any more. */
const MAX_BURSTS = 10_000

/** Milliseconds between two looks for answers. */
const LOOK_INTERVAL_MS = 5

export interface DatagramPeer {
  readonly address: string
  readonly port: number
  /** Datagrams that came, oldest first, a character per byte. */
  readonly received: readonly string[]
  /** Resolves when the system has accepted the datagram. */
  send(bytes: string | Buffer, port: number): Promise<void>
  /** The first datagram for which `holds` returns true, among present and future ones. */
  answer(holds: (text: string) => boolean): Promise<string>
  close(): void
}

/** A datagram socket bound to a loopback address. */
export async function openDatagramPeer(address: string): Promise<DatagramPeer> {
  const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', sendBufferSize: 1 << 20 })
  const received: string[] = []
  socket.on('message', (bytes) => received.push(bytes.toString('latin1')))
  socket.bind(0, address)
  await once(socket, 'listening')
  // A failing test leaves the socket open, and must still be able to end.
  socket.unref()
  return {
    address,
    port: socket.address().port,
    received,
    send: (bytes, port) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const sent = (error: Error | null) => (error ? reject(error) : resolve())
      socket.send(bytesOf(bytes), port, address.includes(':') ? '::1' : '127.0.0.1', sent)
      return promise
    },
    answer: (holds) =>
      awaited(
        () => received.find(holds),
        () => received,
      ),
    close: () => socket.close(),
  }
}

export interface StreamPeer {
  readonly address: string
  readonly port: number
  /** All bytes that came, a character per byte. */
  received(): string
  write(bytes: string | Buffer): void
  /** Resolves when `holds` returns true for the bytes received. */
  answer(holds: (text: string) => boolean): Promise<string>
  /** Resolves when the other side has closed or reset the connection. */
  over(): Promise<void>
  /** Ends this side, and resolves when the other side has closed too; it has then read everything. */
  finish(): Promise<void>
  /** Stops reading. */
  pause(): void
  /** Writes bursts, each when the system has accepted the last one, until the other side has cut the connection. */
  floodUntilOver(burst: () => string): Promise<void>
  close(): void
}

/** A connection from a loopback address to a port of 127.0.0.1. */
export async function openStreamPeer(address: string, port: number): Promise<StreamPeer> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: address, noDelay: true })
  await once(socket, 'connect')
  socket.unref()
  let text = ''
  let over = false
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1')
  })
  const ended = (): void => {
    over = true
  }
  socket.on('end', ended).on('close', ended).on('error', ended)
  const untilOver = async (): Promise<void> => {
    await awaited(
      () => (over ? true : undefined),
      () => [text],
    )
  }
  return {
    address,
    port: socket.localPort ?? 0,
    received: () => text,
    write: (bytes) => {
      socket.write(bytesOf(bytes))
    },
    answer: (holds) =>
      awaited(
        () => (holds(text) ? text : undefined),
        () => [text],
      ),
    over: untilOver,
    finish: () => {
      socket.end()
      return untilOver()
    },
    pause: () => {
      socket.pause()
    },
    floodUntilOver: async (burst) => {
      for (let left = MAX_BURSTS; left > 0; left--) {
        if (over) return
        if (socket.write(bytesOf(burst()))) continue
        const { promise, resolve } = Promise.withResolvers<void>()
        socket.once('drain', resolve).once('close', resolve)
        await promise
      }
      throw new Error(`WIRE_NOT_CUT: ${MAX_BURSTS} bursts and the connection is still there`)
    },
    close: () => {
      socket.destroy()
    },
  }
}

function bytesOf(bytes: string | Buffer): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
}

async function awaited<T>(look: () => T | undefined, explain: () => readonly string[]): Promise<T> {
  const deadline = Date.now() + ANSWER_LIMIT_MS
  for (;;) {
    const found = look()
    if (found !== undefined) return found
    if (Date.now() > deadline)
      throw new Error(`WIRE_NO_ANSWER: not in ${ANSWER_LIMIT_MS} ms; came:\n${explain().join('\n')}`)
    await pause(LOOK_INTERVAL_MS)
  }
}
