/**
 * An INVITE, its ACK and its CANCEL have one identity. This file makes it in two forms: as the key of the server transaction,
 * and as a hash.
 */
import { randomInt } from 'node:crypto'
import { parseVia } from '../../message/via.ts'
import { type TransactionKey, writeInviteKey } from '../transaction/transaction-key.ts'
import type { Flow } from '../transport/transport.ts'
import { hashIdentity, type PacketHash, type PacketScan } from './packet-scan.ts'

export interface InviteIdentities {
  /**
   * The key of the INVITE's server transaction (RFC 3261 §17.2.3). Undefined if sent-by cannot be read. The result is
   * overwritten by the next call.
   */
  keyOf(scan: PacketScan, flow: Flow): TransactionKey | undefined
  /** The result is overwritten by the next call. */
  hashOf(scan: PacketScan, flow: Flow): PacketHash
}

const SEEDS_END = 2 ** 32

/**
 * `keyOf` writes into `key`. The seeds of the hashes are secret, because our To tags are made from the hashes, and nobody
 * outside may guess a To tag.
 */
export function createInviteIdentities(key: TransactionKey): InviteIdentities {
  const high = randomInt(SEEDS_END)
  const low = randomInt(SEEDS_END)
  const hash: PacketHash = { high, low }
  // The text of sent-by that was read last. Few peers send most of the calls, so the next packet often has the same text.
  let last = ''
  let lastRead: SentBy | undefined
  return {
    keyOf: ({ bytes, sentBy, branch }, flow) => {
      const raw = bytes.toString('latin1', sentBy.from, sentBy.to)
      if (raw !== last) {
        last = raw
        lastRead = readSentBy(raw)
      }
      if (lastRead === undefined) return undefined
      return writeInviteKey(key, lastRead, { bytes, from: branch.from, to: branch.to }, flow.remoteAddress)
    },
    hashOf: (scan, flow) => {
      hash.high = high
      hash.low = low
      hashIdentity(scan, flow.remoteAddress, hash)
      return hash
    },
  }
}

interface SentBy {
  readonly host: string
  readonly port: number | undefined
}

function readSentBy(raw: string): SentBy | undefined {
  const via = parseVia(`SIP/2.0/UDP ${raw}`)
  return via && { host: via.host, port: via.port }
}

/** The hash as a number above 0 that a double stores exactly. */
export function fingerprintOf({ high, low }: PacketHash): number {
  return (high >>> 12) * SEEDS_END + low + 1
}
