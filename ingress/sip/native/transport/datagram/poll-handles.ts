/** Watches descriptors by poll handles of libuv, in the event loop of the main thread. */
import { type MemoryAddress, type SystemCalls, UV_POLL } from './system-calls.ts'

export interface PollHandle {
  /** Calls the listener for these events, until `stop`. */
  start(events: number): void
  stop(): void
  /**
   * Stops watching. After this call, the handle no longer uses the descriptor. The calling code must close the descriptor or
   * hand it on.
   */
  close(): void
}

/** `status` below 0: the socket has an error, and libuv has stopped the handle. The handle must be started again. */
export type PollListener = (status: number, events: number) => void

export interface PollHandles {
  /** Throws if libuv cannot watch the descriptor. */
  watch(fd: number, listener: PollListener): PollHandle
}

export function createPollHandles(calls: SystemCalls): PollHandles {
  const listeners = new Map<MemoryAddress, PollListener>()
  /** The memory of each handle. libuv uses this memory until it reports that the handle is closed. */
  const memories = new Map<MemoryAddress, Buffer>()
  const onPoll = calls.onPoll((handle, status, events) => listeners.get(handle)?.(status, events))
  const onClosed = calls.onClosed((handle) => memories.delete(handle))
  return {
    watch: (fd, listener) => {
      const memory = Buffer.from(new ArrayBuffer(calls.uv_handle_size(UV_POLL)))
      const handle = calls.addressOf(memory)
      const failed = calls.uv_poll_init(calls.uv_default_loop(), handle, fd)
      if (failed < 0) throw new Error(`libuv cannot watch a datagram socket: error ${failed}`)
      memories.set(handle, memory)
      listeners.set(handle, listener)
      return {
        start: (events) => void calls.uv_poll_start(handle, events, onPoll),
        stop: () => void calls.uv_poll_stop(handle),
        close: () => {
          calls.uv_poll_stop(handle)
          listeners.delete(handle)
          calls.uv_close(handle, onClosed)
        },
      }
    },
  }
}
