/**
 * The functions of the C library and of libuv that the batched sockets use. They are called without a compiled add-on of our
 * own. The constants and layouts are those of Linux on x86-64 and arm64, with glibc and with musl. `start-check.ts` checks them
 * at each start.
 */
import { constants } from 'node:os'
import { getSystemErrorName } from 'node:util'
import type koffi from 'koffi'

/** An address in memory, as a number. All addresses of a process on these machines are below 2**48. */
export type MemoryAddress = number

/**
 * The functions return what the C functions return. If a function of the C library returns -1, `errorCode` gives the reason. If
 * a function of libuv (`uv_`) returns a number below 0, that number is the reason.
 */
export interface SystemCalls {
  socket(family: number, type: number, protocol: number): number
  bind(fd: number, address: Uint8Array, length: number): number
  connect(fd: number, address: Uint8Array, length: number): number
  getsockname(fd: number, address: Uint8Array, length: Uint8Array): number
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number
  getsockopt(fd: number, level: number, name: number, value: Uint8Array, length: Uint8Array): number
  /** Receives up to `count` messages into an array of `struct mmsghdr`. Returns how many came. */
  recvmmsg(fd: number, messages: MemoryAddress, count: number, flags: number, timeout: MemoryAddress): number
  /** Sends up to `count` messages from an array of `struct mmsghdr`. Returns how many the system took. */
  sendmmsg(fd: number, messages: MemoryAddress, count: number, flags: number): number
  close(fd: number): number
  uv_default_loop(): MemoryAddress
  uv_handle_size(type: number): number
  uv_poll_init(loop: MemoryAddress, handle: MemoryAddress, fd: number): number
  uv_poll_start(handle: MemoryAddress, events: number, callback: bigint): number
  uv_poll_stop(handle: MemoryAddress): number
  uv_close(handle: MemoryAddress, callback: bigint): void
  /** The reason for which the last function has failed, such as `EAGAIN`. */
  errorCode(): string
  /** The address of the first byte. The memory must stay referenced as long as the address is used. */
  addressOf(bytes: Uint8Array): MemoryAddress
  onPoll(listener: (handle: MemoryAddress, status: number, events: number) => void): bigint
  onClosed(listener: (handle: MemoryAddress) => void): bigint
}

export const AF_INET = 2
export const AF_INET6 = 10
export const SOCK_DGRAM = 2
export const SOCK_NONBLOCK = 0o4000
export const SOCK_CLOEXEC = 0o2000000
export const SOL_SOCKET = 1
export const SO_REUSEADDR = 2
export const SO_SNDBUF = 7
export const SO_RCVBUF = 8
export const SO_ATTACH_FILTER = 26
export const SO_DETACH_FILTER = 27
export const SO_MEMINFO = 55
export const IPPROTO_IPV6 = 41
export const IPV6_V6ONLY = 26
export const MSG_TRUNC = 0x20
export const MSG_DONTWAIT = 0x40
/** libuv: the type of a poll handle, and the events that it reports. */
export const UV_POLL = 8
export const UV_READABLE = 1
export const UV_WRITABLE = 2

/** Loads the functions. Throws if this system or this build of Node does not have one of them. */
export async function loadSystemCalls(): Promise<SystemCalls> {
  const { default: ffi } = await import('koffi')
  const library = ffi.load(null)
  const pollType = ffi.pointer(ffi.proto('void', ['uintptr_t', 'int', 'int']))
  const closedType = ffi.pointer(ffi.proto('void', ['uintptr_t']))
  return {
    ...socketCalls(library),
    ...pollCalls(library),
    errorCode: () => errorName(ffi.errno()),
    addressOf: (bytes) => Number(ffi.address(bytes)),
    onPoll: (listener) => ffi.register(listener, pollType),
    onClosed: (listener) => ffi.register(listener, closedType),
  }
}

type Library = ReturnType<typeof koffi.load>
type SocketCalls = Pick<
  SystemCalls,
  'socket' | 'bind' | 'connect' | 'getsockname' | 'setsockopt' | 'getsockopt' | 'recvmmsg' | 'sendmmsg' | 'close'
>
type PollCalls = Pick<SystemCalls, Extract<keyof SystemCalls, `uv_${string}`>>

function socketCalls(library: Library): SocketCalls {
  return {
    socket: library.func('int socket(int family, int type, int protocol)'),
    bind: library.func('int bind(int fd, const void *address, unsigned int length)'),
    connect: library.func('int connect(int fd, const void *address, unsigned int length)'),
    getsockname: library.func('int getsockname(int fd, void *address, void *length)'),
    setsockopt: library.func('int setsockopt(int fd, int level, int name, const void *value, unsigned int length)'),
    getsockopt: library.func('int getsockopt(int fd, int level, int name, void *value, void *length)'),
    recvmmsg: library.func(
      'int recvmmsg(int fd, uintptr_t messages, unsigned int count, int flags, uintptr_t timeout)',
    ),
    sendmmsg: library.func('int sendmmsg(int fd, uintptr_t messages, unsigned int count, int flags)'),
    close: library.func('int close(int fd)'),
  }
}

function pollCalls(library: Library): PollCalls {
  return {
    uv_default_loop: library.func('uintptr_t uv_default_loop()'),
    uv_handle_size: library.func('size_t uv_handle_size(int type)'),
    uv_poll_init: library.func('int uv_poll_init(uintptr_t loop, uintptr_t handle, int fd)'),
    uv_poll_start: library.func('int uv_poll_start(uintptr_t handle, int events, void *callback)'),
    uv_poll_stop: library.func('int uv_poll_stop(uintptr_t handle)'),
    uv_close: library.func('void uv_close(uintptr_t handle, void *callback)'),
  }
}

/** The name of an error number. On Linux, EWOULDBLOCK and EAGAIN are the same number, and here it is always called `EAGAIN`. */
function errorName(errno: number): string {
  return errno === constants.errno.EAGAIN ? 'EAGAIN' : getSystemErrorName(-errno)
}
