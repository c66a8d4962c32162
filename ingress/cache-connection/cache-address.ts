import { MAX_PORT } from '../address/port.ts'

/** Where the shared cache is: one server, servers behind sentinels, or a cluster. */
export interface CacheAddress {
  readonly kind: 'server' | 'sentinel' | 'cluster'
  readonly tls: boolean
  /** The user of the cache's access list (ACL). Undefined means `default`. */
  readonly user: string | undefined
  /** Hosts of the server, of the sentinels, or of some nodes of the cluster. */
  readonly hosts: readonly CacheHost[]
  /** The name under which the sentinels know the primary. Undefined without sentinels. */
  readonly service: string | undefined
  readonly database: number
}

export interface CacheHost {
  readonly host: string
  readonly port: number
}

/** The error for a URL that is not an address of a cache. */
export class CacheAddressError extends Error {
  readonly code = 'cache-address'

  constructor(problem: string) {
    super(
      `the URL of the shared cache ${problem}; write redis://[user@]host[:6379][/database], ` +
        'redis+sentinel://host[:26379],host/service[/database] or redis+cluster://host[:6379],host, with rediss for TLS',
    )
    this.name = 'CacheAddressError'
  }
}

const URL_FORM = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^@/]+)(?:\/(.*))?$/
const HOST_FORM = /^(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/
const PORTS = { server: 6379, sentinel: 26_379, cluster: 6379 } as const

/**
 * Reads a cache URL. A URL with a password is refused, because process lists and logs show URLs. A password must be in a
 * file. No error text contains a part of a password.
 */
export function parseCacheAddress(url: string): CacheAddress {
  const [, scheme, way, user, authority = '', path = ''] = URL_FORM.exec(url) ?? []
  if (scheme === undefined) throw new CacheAddressError('has another form')
  if (user !== undefined && /:|%3a/i.test(user))
    throw new CacheAddressError('holds a password, which belongs into a file')
  const kind: CacheAddress['kind'] = way === 'sentinel' || way === 'cluster' ? way : 'server'
  const hosts = authority.split(',').map((text) => parseHost(text, PORTS[kind]))
  if (kind === 'server' && hosts.length > 1)
    throw new CacheAddressError('names several hosts without +sentinel or +cluster')
  const [service, database] = splitPath(path, kind)
  return {
    kind,
    tls: scheme === 'rediss',
    user: user === undefined || user === '' ? undefined : decodedUser(user),
    hosts,
    service,
    database: parseDatabase(database, kind),
  }
}

function decodedUser(user: string): string {
  try {
    return decodeURIComponent(user)
  } catch (error) {
    if (error instanceof URIError) throw new CacheAddressError('names a user that is badly escaped')
    throw error
  }
}

function parseHost(text: string, defaultPort: number): CacheHost {
  const [whole, literal, name, port] = HOST_FORM.exec(text) ?? []
  if (whole === undefined) throw new CacheAddressError('names a host that is none')
  const number = port === undefined ? defaultPort : Number(port)
  if (number < 1 || number > MAX_PORT) throw new CacheAddressError(`names port ${number}`)
  return { host: literal ?? name ?? '', port: number }
}

/** Splits a path into the name that the sentinels know and the number of the database. */
function splitPath(path: string, kind: CacheAddress['kind']): [string | undefined, string] {
  switch (kind) {
    case 'sentinel':
      return splitService(path)
    case 'server':
    case 'cluster':
      return [undefined, path]
  }
}

function splitService(path: string): [string, string] {
  const [service = '', database = ''] = path.split('/', 2)
  if (service === '') throw new CacheAddressError('names no service for the sentinels')
  if (!/^[\w.-]+$/.test(service)) throw new CacheAddressError('names a service that is no plain word')
  return [service, database]
}

function parseDatabase(text: string, kind: CacheAddress['kind']): number {
  if (text === '') return 0
  if (!/^\d{1,4}$/.test(text)) throw new CacheAddressError('names a database that is no number')
  if (kind === 'cluster' && Number(text) !== 0)
    throw new CacheAddressError('names a database, which clusters do not have')
  return Number(text)
}
