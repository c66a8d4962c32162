/** The native engine: this project's own RFC 3261 stack. It implements the interface in `port/engine.ts`. */
import { randomInt } from 'node:crypto'
import { hostText, type IpAddress } from '../../address/ip-address.ts'
import type { Clock } from '../../time/clock.ts'
import type { Random } from '../../time/random.ts'
import type { SipMessage } from '../message/sip-message.ts'
import type { Application } from '../port/application.ts'
import type { SipEngine, TransportName } from '../port/engine.ts'
import { createInviteMemory } from './dropped-invites.ts'
import type { EngineCore, Outbound } from './engine-core.ts'
import { type Advertised, createLocalNames } from './local-names.ts'
import { createMessageDispatch } from './message-dispatch.ts'
import { createNewRequests } from './new-requests.ts'
import { sendProbe } from './options-probe.ts'
import { createOverloadGate } from './overload/overload-gate.ts'
import { createCookieSealer } from './relay/dialog-cookie.ts'
import { createServerSides } from './server-sides.ts'
import { createStreamFailures } from './stream-failures.ts'
import { TransactionTable } from './transaction/transaction-table.ts'
import type { DatagramSockets } from './transport/datagram/datagram-sockets.ts'
import { chooseLocal } from './transport/local-endpoint.ts'
import { createTcpTransport } from './transport/tcp-transport.ts'
import type { LocalEndpoint, Transport, TransportEvents, TransportOptions } from './transport/transport.ts'
import { isMissingFamily } from './transport/transport-error.ts'
import { createUdpTransport } from './transport/udp-transport.ts'

export interface ListenAddress {
  readonly transport: TransportName
  readonly address: IpAddress
  /** With 0, the system chooses the port. */
  readonly port: number
}

export interface NativeEngineOptions {
  readonly application: Application
  readonly clock: Clock
  readonly random: Random
  readonly listen: readonly ListenAddress[]
  readonly external: Advertised | undefined
  readonly internal: Advertised | undefined
  /** First the current key, then previous keys that are still accepted. Each key has at least 16 bytes. */
  readonly cookieKeys: readonly Buffer[]
  readonly machineAddress: (family: 4 | 6) => IpAddress | undefined
  /**
   * Every address of this machine. If a socket is bound to `0.0.0.0` or `::`, all these addresses are ours. If this is absent,
   * no address is added.
   */
  readonly machineAddresses?: readonly IpAddress[]
  /** Runs the work once, after the event loop has read the sockets. If this function is absent, `setImmediate` does this. */
  readonly afterReading?: (work: () => void) => void
}

export type TransportMakers = Readonly<Record<TransportName, (options: TransportOptions) => Transport>>

/** The transports over sockets of the system. */
export function socketMakers(datagrams: DatagramSockets): TransportMakers {
  return { UDP: (options) => createUdpTransport(options, datagrams), TCP: createTcpTransport }
}

/** Binds every address, then serves. If an address cannot be bound, rejects with that error, and no socket stays open. */
export async function startNativeEngine(options: NativeEngineOptions, makers: TransportMakers): Promise<SipEngine> {
  const { clock, application } = options
  const cookies = createCookieSealer(options.cookieKeys)
  const start = createStart(application)
  const transports: Record<TransportName, Transport> = {
    UDP: makers.UDP({ events: start.events, clock }),
    TCP: makers.TCP({ events: start.events, clock }),
  }
  const close = async (): Promise<void> => {
    await Promise.all([transports.UDP.close(), transports.TCP.close()])
  }
  const endpoints = await bindAll({ transports, application, close }, options.listen)
  const { external, internal, machineAddress, machineAddresses, random } = options
  const transactions = new TransactionTable<SipMessage>(randomInt(2 ** 31))
  const core: EngineCore = {
    clock,
    random,
    application,
    names: createLocalNames({ endpoints, external, internal, machineAddress, machineAddresses }),
    cookies,
    transactions,
    outbound: createOutbound(transports, endpoints),
    streamFailures: createStreamFailures(clock),
  }
  const sides = createServerSides(core)
  const newRequests = createNewRequests(core, sides, createInviteMemory())
  const { together = runAlone } = transports.UDP
  const dispatch = createMessageDispatch(core, newRequests)
  const gate = createOverloadGate({
    core,
    dispatch,
    together,
    afterReading: options.afterReading ?? afterPolling,
    intake: transports.UDP.intake,
    cpuUsed,
  })
  start.open(gate)
  return {
    listening: endpoints.map(endpointUrl),
    get openTransactions() {
      return transactions.open
    },
    get unfinishedTransactions() {
      return transactions.unfinished(clock.now())
    },
    setCookieKeys: (keys) => cookies.setKeys(keys),
    probe: (request, done) => sendProbe(core, request, done),
    close: () => {
      gate.close()
      sides.endAll()
      return close()
    },
  }
}

function runAlone(work: () => void): void {
  work()
}

/** The event loop calls immediates after it has read the sockets. */
function afterPolling(work: () => void): void {
  setImmediate(work)
}

function cpuUsed(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

type Dispatch = Pick<TransportEvents, 'onMessage' | 'onFullBatch' | 'onBrokenStream'>

/** Drops messages that arrive before every address is bound. Their senders will repeat them. */
function createStart(application: Application): { readonly events: TransportEvents; open(dispatch: Dispatch): void } {
  let dispatch: Dispatch | undefined
  const events: TransportEvents = {
    onMessage: (bytes, offset, length, flow) => dispatch?.onMessage(bytes, offset, length, flow),
    onFullBatch: () => dispatch?.onFullBatch(),
    onBrokenStream: (head, fault, flow) => dispatch?.onBrokenStream(head, fault, flow),
    onUnreachable: () => undefined,
    isKnown: (address, port) => application.isKnown({ address, port, transport: 'TCP' }),
    onFault: (code, message) => application.onEvent({ type: 'fault', code, message }),
  }
  return {
    events,
    open: (opened) => {
      dispatch = opened
    },
  }
}

interface Binding {
  readonly transports: Readonly<Record<TransportName, Transport>>
  readonly application: Application
  readonly close: () => Promise<void>
}

/**
 * RFC 3261 §18.2.1 asks for TCP beside every UDP port, but here the configuration decides which addresses are bound. If the
 * kernel lacks IPv4 or IPv6, a listener on every address of that family (`0.0.0.0` or `::`) is left out and reported. At least
 * one listener must be bound.
 */
async function bindAll(
  { transports, application, close }: Binding,
  listen: readonly ListenAddress[],
): Promise<LocalEndpoint[]> {
  const endpoints: LocalEndpoint[] = []
  const left: Error[] = []
  try {
    for (const at of listen) {
      const endpoint = await transports[at.transport].bind(at).catch((error: unknown) => {
        if (!isMissingFamily(at, error)) throw error
        left.push(error)
      })
      if (endpoint !== undefined) endpoints.push(endpoint)
    }
    const [error] = left
    if (endpoints.length === 0 && error !== undefined) throw error
  } catch (error) {
    await close()
    throw error
  }
  for (const { message } of left) application.onEvent({ type: 'fault', code: 'address-family-missing', message })
  return endpoints
}

function createOutbound(transports: Record<TransportName, Transport>, endpoints: readonly LocalEndpoint[]): Outbound {
  const listeners = (name: TransportName) =>
    endpoints.filter((endpoint) => endpoint.transport === name).map((endpoint) => ({ endpoint }))
  const byTransport = { UDP: listeners('UDP'), TCP: listeners('TCP') }
  return {
    endpointFor: (transport, address) => chooseLocal(byTransport[transport], address)?.endpoint,
    connectedTo: ({ transport, address, port }) => transport === 'TCP' && transports.TCP.connectedTo(address, port),
    send: (bytes, to, options) => transports[to.transport].sendRequest(bytes, to, options),
  }
}

function endpointUrl(endpoint: LocalEndpoint): string {
  return `${endpoint.transport.toLowerCase()}://${hostText(endpoint.address)}:${endpoint.port}`
}
