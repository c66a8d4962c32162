/** One datagram socket that reads and writes in batches. */
import { MAX_BATCHES_PER_TURN, MAX_DATAGRAM_QUEUE_BYTES } from '../../../limits.ts'
import type { DatagramAddress, DatagramReceiver, DatagramSocket } from './datagram-sockets.ts'
import { attachInviteFilter, detachInviteFilter, droppedAtSocket, type InviteShare } from './invite-filter.ts'
import { adoptDescriptor } from './node-datagrams.ts'
import type { PollHandle, PollHandles } from './poll-handles.ts'
import type { ReceiveBatch } from './receive-batch.ts'
import type { BatchSender, SendBatch, UnsentDatagram } from './send-batch.ts'
import { SOCKET_ADDRESS_BYTES } from './socket-address.ts'
import { type SystemCalls, UV_READABLE, UV_WRITABLE } from './system-calls.ts'
import { systemError } from './system-error.ts'

/** What all batched sockets of a process share. */
export interface Batches {
  readonly calls: SystemCalls
  readonly polls: PollHandles
  readonly incoming: ReceiveBatch
  readonly outgoing: SendBatch
  readonly open: Set<BatchedSocket>
  /** Called when a system call does not work as it must. All sockets then go on with `node:dgram`. */
  onBroken(code: string): void
}

interface BatchedSocketOptions {
  readonly batches: Batches
  readonly fd: number
  readonly family: 4 | 6
  readonly receiver: DatagramReceiver
  /** Set for a connected socket. */
  readonly remote?: DatagramAddress
}

/** Errors that no peer and no network can cause: the system call itself does not work here. */
const BROKEN: ReadonlySet<string> = new Set(['ENOSYS', 'EBADF', 'EFAULT', 'ENOTSOCK', 'EOPNOTSUPP'])

export class BatchedSocket implements DatagramSocket, BatchSender {
  readonly fd: number
  readonly #options: BatchedSocketOptions
  readonly #poll: PollHandle
  /** Datagrams for which the system had no room, in order. */
  #queue: UnsentDatagram[] = []
  #queuedBytes = 0
  #closed: Promise<void> | undefined
  /** Set by `handOver`: the socket of `node:dgram` that goes on with the descriptor. */
  #successor: DatagramSocket | undefined

  constructor(options: BatchedSocketOptions) {
    const { batches, fd } = options
    this.fd = fd
    this.#options = options
    this.#poll = batches.polls.watch(fd, (status, events) => this.#onPoll(status, events))
    this.#poll.start(UV_READABLE)
    batches.open.add(this)
  }

  send(bytes: Uint8Array, to?: DatagramAddress): boolean {
    const { outgoing } = this.#options.batches
    outgoing.makeRoom(bytes.length)
    if (this.#successor) return this.#successor.send(bytes, to)
    if (this.#closed) return false
    if (this.#queue.length === 0) outgoing.add(this, bytes, to)
    else if (this.#queuedBytes + bytes.length > MAX_DATAGRAM_QUEUE_BYTES) return false
    else this.#enqueue({ bytes: Buffer.from(bytes), to })
    return true
  }

  onUnsent(code: string, datagrams: readonly UnsentDatagram[]): void {
    if (BROKEN.has(code)) {
      if (!this.#successor) this.#options.batches.onBroken(code)
      for (const { bytes, to } of datagrams) this.send(bytes, to)
    } else if (code === 'EAGAIN') {
      // A socket puts datagrams into a batch only while its queue is empty. So the queue has room for the whole batch.
      for (const datagram of datagrams) this.#enqueue(datagram)
      if (!this.#closed) this.#poll.start(UV_READABLE | UV_WRITABLE)
    } else {
      for (const { to } of datagrams) this.#report(code, to)
    }
  }

  admitInvites(share: InviteShare): boolean {
    const { calls } = this.#options.batches
    if (this.#closed || this.#successor) return false
    if (share.share < 1 && attachInviteFilter(calls, this.fd, share)) return true
    detachInviteFilter(calls, this.fd)
    return share.share >= 1
  }

  get dropped(): number {
    return this.#closed || this.#successor ? 0 : droppedAtSocket(this.#options.batches.calls, this.fd)
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeNow()
    return this.#closed
  }

  /** Gives the descriptor, with the packets that wait in it, to a socket of `node:dgram`. */
  handOver(): void {
    const { batches, fd, family, receiver, remote } = this.#options
    if (this.#closed || this.#successor) return
    this.#poll.close()
    batches.open.delete(this)
    detachInviteFilter(batches.calls, fd)
    if (remote) disconnect(batches.calls, fd)
    this.#successor = adoptDescriptor({ fd, family, receiver, remote })
    for (const { bytes, to } of this.#takeQueue()) this.#successor.send(bytes, to)
  }

  async #closeNow(): Promise<void> {
    if (this.#successor) return this.#successor.close()
    const { batches, fd } = this.#options
    batches.outgoing.flush()
    this.#poll.close()
    batches.open.delete(this)
    batches.calls.close(fd)
  }

  #onPoll(status: number, events: number): void {
    const { outgoing } = this.#options.batches
    outgoing.turn(() => {
      if ((events & UV_WRITABLE) !== 0) this.#sendQueue()
      this.#receive()
    })
    // libuv stops a handle when its socket has an error. The receive above has cleared the error, so the handle is started
    // again.
    if (status < 0 && !this.#closed && !this.#successor) this.#poll.start(UV_READABLE)
    openCallbackScope()
  }

  #receive(): void {
    const { batches, receiver } = this.#options
    for (let batch = 0; batch < MAX_BATCHES_PER_TURN; batch++) {
      if (this.#closed || this.#successor) return
      const count = batches.incoming.receive(this.fd, receiver)
      if (count === -1) return this.#onReceiveError(batches.calls.errorCode())
      // If a batch is not full, the socket is empty now.
      if (count < batches.incoming.size) return
      receiver.onFullBatch()
    }
  }

  #onReceiveError(code: string): void {
    if (code === 'EAGAIN' || code === 'EINTR') return
    const { batches, receiver, remote } = this.#options
    if (BROKEN.has(code) || code === 'EINVAL') batches.onBroken(code)
    else receiver.onError(systemError(code, 'recvmmsg'), remote)
  }

  /** Reports the error in a microtask, so that the function that sent the request has returned before. */
  #report(code: string, to: DatagramAddress | undefined): void {
    const { receiver, remote } = this.#options
    queueMicrotask(() => receiver.onError(systemError(code, 'sendmmsg'), to ?? remote))
  }

  #sendQueue(): void {
    const { outgoing } = this.#options.batches
    this.#poll.start(UV_READABLE)
    for (const datagram of this.#takeQueue()) {
      outgoing.makeRoom(datagram.bytes.length)
      if (this.#successor) this.#successor.send(datagram.bytes, datagram.to)
      // If the system refuses a datagram again, the datagrams after it go back into the queue. So all of them keep their order.
      else if (this.#queue.length > 0) this.#enqueue(datagram)
      else outgoing.add(this, datagram.bytes, datagram.to)
    }
    outgoing.flush()
  }

  #takeQueue(): UnsentDatagram[] {
    const queue = this.#queue
    this.#queue = []
    this.#queuedBytes = 0
    return queue
  }

  #enqueue(datagram: UnsentDatagram): void {
    this.#queuedBytes += datagram.bytes.length
    this.#queue.push(datagram)
  }
}

/**
 * A connect to an address without a family removes the remote address of the socket. The socket stays bound. This is done
 * because Node itself connects the socket again later.
 */
function disconnect(calls: SystemCalls, fd: number): void {
  calls.connect(fd, Buffer.alloc(SOCKET_ADDRESS_BYTES), SOCKET_ADDRESS_BYTES)
}

let isScopePending = false

/**
 * The poll handle's callback is called from C, so Node does not notice that JavaScript has run. Promises and ticks that were
 * queued there would wait for the next timer or socket. Node itself calls an immediate in the same round of the loop, and works
 * on the promises and ticks after it.
 */
function openCallbackScope(): void {
  if (isScopePending) return
  isScopePending = true
  setImmediate(endScope)
}

function endScope(): void {
  isScopePending = false
}
