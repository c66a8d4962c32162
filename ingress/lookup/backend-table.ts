import { type IpAddress, parseIpAddress } from '../address/ip-address.ts'

/** An address and port to which calls go: a backend of a rule, an endpoint of a Service, or an address of a name. */
export interface BackendPlace {
  /** An IP address as text. A text that is no address is ignored. */
  readonly address: string
  readonly port: number
}

/** Backends by address and port. It counts how often each of them was added. */
export interface BackendTable {
  /** Whether the address belongs to a backend. If `port` is absent, any port counts. */
  has(address: IpAddress, port?: number): boolean
  /** Returns whether the address is new. */
  add(place: BackendPlace): boolean
  /** Returns whether the address has no port left. If a place was added twice, one of the two stays. */
  remove(place: BackendPlace): boolean
  /** This number rises whenever an address becomes a backend or stops being one. */
  readonly revision: number
}

export function createBackendTable(): BackendTable {
  const ports = new Map<number | string, Map<number, number>>()
  let revision = 0
  return {
    get revision() {
      return revision
    },
    has: (address, port) => {
      const uses = ports.get(addressKey(address))
      return uses !== undefined && (port === undefined || uses.has(port))
    },
    add: ({ address, port }) => {
      const key = backendKey(address)
      if (key === undefined) return false
      const uses = ports.get(key)
      if (uses !== undefined) {
        uses.set(port, (uses.get(port) ?? 0) + 1)
        return false
      }
      ports.set(key, new Map([[port, 1]]))
      revision++
      return true
    },
    remove: ({ address, port }) => {
      const key = backendKey(address)
      const uses = key === undefined ? undefined : ports.get(key)
      if (key === undefined || uses === undefined) return false
      const left = (uses.get(port) ?? 0) - 1
      if (left > 0) uses.set(port, left)
      else uses.delete(port)
      if (uses.size > 0) return false
      ports.delete(key)
      revision++
      return true
    },
  }
}

function backendKey(text: string): number | string | undefined {
  const address = parseIpAddress(text)
  return address && addressKey(address)
}

function addressKey(address: IpAddress): number | string {
  return address.family === 4 ? address.words[3] : address.text
}
