import { hostText, type IpAddress, isUnspecified } from '../../../address/ip-address.ts'
import type { TransportName } from '../../port/engine.ts'
import type { Destination } from './transport.ts'

/**
 * The reasons for which a transport itself cannot send. An error of the system, such as ECONNREFUSED, is passed on unchanged.
 */
type SendErrorCode =
  | 'no-listener'
  | 'transport-closed'
  | 'datagram-too-large'
  | 'datagram-queue-full'
  | 'bad-port'
  | 'connect-timeout'
  | 'stream-closed'
  | 'stream-queue-full'
  | 'too-many-streams'

/** An error with a stable `code`. Its message names the address. If the user can do something, the message says what. */
export class TransportError extends Error {
  readonly code: SendErrorCode | 'listen-failed'

  constructor(code: SendErrorCode | 'listen-failed', message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TransportError'
    this.code = code
  }
}

const LISTEN_ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another socket has this address and port: stop that process or listen on another port',
  EACCES: 'ports below 1024 need the NET_BIND_SERVICE capability: grant it or listen on a higher port',
  EADDRNOTAVAIL: 'no interface of this machine has this address: listen on one that it has, or on 0.0.0.0 or ::',
  EAFNOSUPPORT: 'this machine has no such address family: leave the address out',
}

/** The error for a failed bind. Its message names the address and says what to do. */
export function listenFailed(transport: TransportName, at: { address: IpAddress; port: number }, cause: Error): Error {
  const errno = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
  const advice = LISTEN_ADVICE[errno]
  const where = `${transport.toLowerCase()}://${hostText(at.address)}:${at.port}`
  return new TransportError('listen-failed', `cannot listen on ${where}: ${errno}${advice ? `; ${advice}` : ''}`, {
    cause,
  })
}

/** Whether a bind to `0.0.0.0` or `::` failed because the kernel lacks this address family. */
export function isMissingFamily({ address }: { address: IpAddress }, error: unknown): error is TransportError {
  if (!isUnspecified(address) || !(error instanceof TransportError)) return false
  const { cause } = error
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'EAFNOSUPPORT'
}

const SEND_ADVICE: Readonly<Record<SendErrorCode, string>> = {
  'no-listener': 'no listen address is of its family: listen on one',
  'transport-closed': 'the transport is closed',
  'datagram-too-large': 'no datagram carries so many bytes: use TCP',
  'datagram-queue-full': 'the system does not take datagrams as fast as they come: spread the calls over more pods',
  'bad-port': 'the port is not between 1 and 65535: correct the address',
  'connect-timeout': 'it did not answer the connection attempt: check that it is up and that no firewall drops packets',
  'stream-closed': 'the connection was closed before anything came back',
  'stream-queue-full': 'it takes connections but does not read: check that it is alive',
  'too-many-streams': 'as many connections are open as may be: spread the calls over more pods',
}

/** The error for a destination to which the transport cannot send. Its message says why. */
export function unsendable(code: SendErrorCode, to: Destination): TransportError {
  return new TransportError(code, `cannot send to ${destinationText(to)}: ${SEND_ADVICE[code]}`)
}

/** The text for a destination in messages, such as `tcp://192.0.2.1:5060`. */
export function destinationText(to: Destination): string {
  return `${to.transport.toLowerCase()}://${hostText(to.address)}:${to.port}`
}
