/**
 * One interface for three kinds of connection of the `@redis/client` package: to a server, to the primary behind sentinels,
 * and to a cluster.
 */
import { createClient, createCluster, createSentinel } from '@redis/client'
import type { CacheAddress } from './cache-address.ts'
import { CONNECT_TIMEOUT_MS, SENTINEL_TIMEOUT_MS } from './limits.ts'

/** A connection that is used until its first failure. It never reconnects by itself. */
export interface CacheClient {
  connect(): Promise<void>
  /** Sends a command to the node that stores `key`. The replies have the form of RESP2. */
  send(key: string, command: readonly string[]): Promise<unknown>
  destroy(): void
}

export interface CacheClientOptions {
  readonly address: CacheAddress
  readonly password: string | undefined
  /** Password of the sentinels themselves. Undefined if they require no password. */
  readonly sentinelPassword: string | undefined
  /**
   * PEM texts. `ca` contains the trusted authorities; undefined means those of the system. `cert` and `key` are our own
   * certificate and its key, if we have one.
   */
  readonly tls: Readonly<Record<'ca' | 'cert' | 'key', string | undefined>>
  /** Our name in the output of `CLIENT LIST`. */
  readonly name: string
  /** Called with the reason when the connection is lost. */
  readonly onError: (error: unknown) => void
}

export function createCacheClient(options: CacheClientOptions): CacheClient {
  switch (options.address.kind) {
    case 'server':
      return serverClient(options)
    case 'sentinel':
      return sentinelClient(options)
    case 'cluster':
      return clusterClient(options)
  }
}

function serverClient(options: CacheClientOptions): CacheClient {
  const [at] = options.address.hosts
  const { database } = options.address
  const client = createClient({ ...nodeOptions(options), socket: { ...socketOptions(options), ...at }, database })
  client.on('error', options.onError)
  return {
    connect: async () => {
      await client.connect()
    },
    send: (_key, command) => client.sendCommand(command),
    destroy: () => client.destroy(),
  }
}

function sentinelClient(options: CacheClientOptions): CacheClient {
  const { hosts, service = '', database } = options.address
  const client = createSentinel({
    name: service,
    sentinelRootNodes: [...hosts],
    RESP: 2,
    nodeClientOptions: { ...nodeOptions(options), socket: socketOptions(options), database },
    sentinelClientOptions: {
      socket: { ...socketOptions(options), connectTimeout: SENTINEL_TIMEOUT_MS },
      maintNotifications: 'disabled',
      ...(options.sentinelPassword === undefined ? {} : { password: options.sentinelPassword }),
    },
    passthroughClientErrorEvents: true,
  })
  client.on('error', options.onError)
  // An error of one sentinel is ignored here. The client goes on with another sentinel that answers.
  client.on('client-error', ({ type, error }: { readonly type: string; readonly error: Error }) => {
    if (type === 'MASTER') options.onError(error)
  })
  return {
    connect: async () => {
      await client.connect()
    },
    send: (_key, command) => client.sendCommand(false, [...command]),
    destroy: () => void client.destroy().catch(options.onError),
  }
}

function clusterClient(options: CacheClientOptions): CacheClient {
  const socket = socketOptions(options)
  const client = createCluster({
    RESP: 2,
    rootNodes: options.address.hosts.map((at) => ({ ...nodeOptions(options), socket: { ...socket, ...at } })),
    defaults: { ...nodeOptions(options), socket },
    minimizeConnections: true,
  })
  client.on('error', options.onError)
  return {
    connect: async () => {
      await client.connect()
    },
    send: (key, command) => client.sendCommand(key, false, [...command]),
    destroy: () => client.destroy(),
  }
}

function nodeOptions({ address, password, name }: CacheClientOptions) {
  return {
    RESP: 2 as const,
    name,
    maintNotifications: 'disabled' as const,
    ...(address.user === undefined ? {} : { username: address.user }),
    ...(password === undefined ? {} : { password }),
  }
}

function socketOptions({ address, tls: { ca, cert, key } }: CacheClientOptions) {
  const shared = { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: false as const }
  if (!address.tls) return shared
  const identity = cert === undefined || key === undefined ? {} : { cert, key }
  return { ...shared, tls: true as const, ...(ca === undefined ? {} : { ca }), ...identity }
}
