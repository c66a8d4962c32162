import {
  MAX_OPENED_STREAMS,
  MAX_OPENED_STREAMS_PER_ADDRESS,
  MAX_PEER_STREAMS,
  MAX_PEER_STREAMS_PER_ADDRESS,
  MAX_STRANGER_STREAMS,
  MAX_STRANGER_STREAMS_PER_ADDRESS,
} from '../../limits.ts'

/**
 * To whom a connection belongs. `opened`: we opened the connection. `peer`: a peer opened it. `stranger`: any other sender
 * opened it.
 */
export type Standing = 'opened' | 'peer' | 'stranger'

const LIMITS: Readonly<Record<Standing, { readonly total: number; readonly perAddress: number }>> = {
  opened: { total: MAX_OPENED_STREAMS, perAddress: MAX_OPENED_STREAMS_PER_ADDRESS },
  peer: { total: MAX_PEER_STREAMS, perAddress: MAX_PEER_STREAMS_PER_ADDRESS },
  stranger: { total: MAX_STRANGER_STREAMS, perAddress: MAX_STRANGER_STREAMS_PER_ADDRESS },
}

/**
 * Counts the connections of each standing separately. So strangers' connections, however many, leave room for the connections
 * of peers.
 */
export interface ConnectionCounts {
  /** Counts one more connection and returns true. If there would be too many, counts nothing and returns false. */
  enter(standing: Standing, address: string): boolean
  leave(standing: Standing, address: string): void
}

export function createConnectionCounts(): ConnectionCounts {
  const totals = { opened: 0, peer: 0, stranger: 0 }
  const byAddress = {
    opened: new Map<string, number>(),
    peer: new Map<string, number>(),
    stranger: new Map<string, number>(),
  }
  return {
    enter: (standing, address) => {
      const limits = LIMITS[standing]
      const ofAddress = byAddress[standing].get(address) ?? 0
      if (totals[standing] >= limits.total || ofAddress >= limits.perAddress) return false
      totals[standing]++
      byAddress[standing].set(address, ofAddress + 1)
      return true
    },
    leave: (standing, address) => {
      const left = (byAddress[standing].get(address) ?? 0) - 1
      totals[standing]--
      if (left > 0) byAddress[standing].set(address, left)
      else byAddress[standing].delete(address)
    },
  }
}
