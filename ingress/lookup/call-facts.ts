import type { IpAddress } from '../address/ip-address.ts'
import type { TransportName } from '../address/transport-name.ts'

/**
 * The facts of a call that a decision reads. The engine's requests have this form. A part of the request is decoded only
 * when somebody reads it.
 */
export interface CallFacts {
  /** The sender of the packet. */
  readonly peer: { readonly address: IpAddress; readonly transport: TransportName }
  readonly requestUri: { readonly scheme: string; readonly user: string | undefined }
  readonly toUser: string | undefined
  readonly fromUser: string | undefined
  readonly assertedUser: string | undefined
  /** All values of a header, in order. The name is in lower case. */
  header(name: string): readonly string[]
  /**
   * The addresses that proxies recorded, nearest first. An item is undefined if its address cannot be read, and `ambiguous`
   * if there is more than one value.
   */
  recordedSources(): readonly (IpAddress | 'ambiguous' | undefined)[]
}
