import type { IpAddress } from '../address/ip-address.ts'
import type { TransportName } from '../address/transport-name.ts'

/** What a decision reads of a call. The engine's requests are of this shape; nothing is decoded before it is asked for. */
export interface CallFacts {
  /** Who sent the packet. */
  readonly peer: { readonly address: IpAddress; readonly transport: TransportName }
  readonly requestUri: { readonly scheme: string; readonly user: string | undefined }
  readonly toUser: string | undefined
  readonly fromUser: string | undefined
  readonly assertedUser: string | undefined
  /** Every value of a header, in order; the name in lower case. */
  header(name: string): readonly string[]
  /** The addresses that proxies recorded, nearest first; undefined where one recorded no address, or more than one. */
  recordedSources(): readonly (IpAddress | 'ambiguous' | undefined)[]
}
