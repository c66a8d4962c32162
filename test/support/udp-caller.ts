/**
 * A caller over UDP with client transactions of RFC 3261 §17.1. UDP may lose a datagram, for example when a busy machine empties
 * a socket too late. So a request is sent again until a response comes, and a refusal of an INVITE is acknowledged.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { headerOf, methodOf, type RequestText, requestText, statusOf } from './sip-text.ts'

/** Milliseconds. RFC 3261 §17.1.1.1: the first pause before a repeat; §17.1.2.1: the longest, except for INVITE. */
const T1_MS = 500
const T2_MS = 4_000

/** Milliseconds. RFC 3261 §17.1.1.2 and §17.1.2.2: a transaction without a response ends then (Timers B and F). */
const TRANSACTION_LIMIT_MS = 64 * T1_MS

/** Milliseconds. RFC 3261 §16.7, Timer C: an INVITE with a provisional response gets a final one in little more than three minutes. */
const RINGING_LIMIT_MS = 190_000

/** Bytes. Some ten thousand answers can wait while the process of the tests is busy; the kernel may give less. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024

export interface UdpCaller {
  readonly port: number
  /** `address:port` for a Via of one's own; see `send`. */
  readonly sentBy: string
  /**
   * Sends a request in a transaction of its own. Resolves with the final response, or undefined when the time of the transaction
   * is over. `change` must have a `callId` that was not used for this method before; it must have no Via.
   */
  request(change: CallRequest, port: number): Promise<string | undefined>
  /** Sends a text once, without a transaction: the ACK to a 2xx. */
  send(text: string, port: number): void
  /** Transactions that are still open resolve with undefined. */
  close(): void
}

export type CallRequest = Omit<RequestText, 'via' | 'branch'> & { readonly callId: string }

interface Transaction {
  /** The request as it is sent, and where to. */
  readonly request: RequestText & CallRequest
  readonly port: number
  readonly end: (final: string | undefined) => void
  hasResponse: boolean
  repeat?: NodeJS.Timeout
  limit?: NodeJS.Timeout
}

/** A caller on a free port of a loopback address, for ports of 127.0.0.1. */
export async function openUdpCaller(address = '127.0.0.1'): Promise<UdpCaller> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES })
  const transactions = new Map<string, Transaction>()
  let closed = false
  const send = (text: string, port: number): void => {
    if (!closed) socket.send(Buffer.from(text, 'latin1'), port, '127.0.0.1')
  }
  socket.on('message', (bytes) => receive(bytes.toString('latin1'), transactions, send))
  socket.bind(0, address)
  await once(socket, 'listening')
  // A failing test leaves the socket open, and must still be able to end.
  socket.unref()
  const sentBy = `${address}:${socket.address().port}`
  return {
    ...{ port: socket.address().port, sentBy, send },
    request: (change, port) => {
      const { promise, resolve } = Promise.withResolvers<string | undefined>()
      const branch = `z9hG4bK-${change.callId}-${change.method ?? 'INVITE'}`
      const request = { ...change, via: `SIP/2.0/UDP ${sentBy};branch=${branch}` }
      const transaction: Transaction = { request, port, end: resolve, hasResponse: false }
      transactions.set(branch, transaction)
      begin(transaction, send)
      return promise
    },
    close: () => {
      closed = true
      for (const transaction of transactions.values()) finish(transaction, undefined)
      socket.close()
    },
  }
}

type Send = UdpCaller['send']

/** RFC 3261 §17.1.1.2, Timers A and B; §17.1.2.2, Timers E and F. */
function begin(transaction: Transaction, send: Send): void {
  const { request, port } = transaction
  const text = requestText(request)
  const isInvite = methodOf(text) === 'INVITE'
  const sendAgainAfter = (pauseMs: number): void => {
    send(text, port)
    const next = isInvite ? 2 * pauseMs : transaction.hasResponse ? T2_MS : Math.min(2 * pauseMs, T2_MS)
    transaction.repeat = setTimeout(sendAgainAfter, pauseMs, next).unref()
  }
  transaction.limit = setTimeout(finish, TRANSACTION_LIMIT_MS, transaction, undefined).unref()
  sendAgainAfter(T1_MS)
}

function receive(text: string, transactions: ReadonlyMap<string, Transaction>, send: Send): void {
  const transaction = transactions.get(/;branch=([^;,\s]+)/.exec(headerOf(text, 'Via')[0] ?? '')?.[1] ?? '')
  if (transaction === undefined) return
  const status = statusOf(text)
  const isInvite = (transaction.request.method ?? 'INVITE') === 'INVITE'
  if (status >= 200) {
    if (isInvite && status >= 300) send(ackOf(transaction, text), transaction.port)
    return finish(transaction, text)
  }
  if (isInvite && status >= 100 && !transaction.hasResponse) ring(transaction)
  transaction.hasResponse ||= status >= 100
}

/** A provisional response ends the repeats of an INVITE. */
function ring(transaction: Transaction): void {
  clearTimeout(transaction.repeat)
  clearTimeout(transaction.limit)
  transaction.limit = setTimeout(finish, RINGING_LIMIT_MS, transaction, undefined).unref()
}

function finish({ repeat, limit, end }: Transaction, final: string | undefined): void {
  clearTimeout(repeat)
  clearTimeout(limit)
  end(final)
}

/** RFC 3261 §17.1.1.3: of the same transaction, and with the tag of the response. */
function ackOf({ request }: Transaction, final: string): string {
  return requestText({ ...request, method: 'ACK', to: headerOf(final, 'To')[0] ?? '', body: '' })
}
