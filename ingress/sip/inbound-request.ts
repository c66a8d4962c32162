/** A parsed request as the application sees it: decoded when asked for, and only then. */
import { type IpAddress, parseIpAddress } from '../address/ip-address.ts'
import type { InboundRequest, Peer, RequestUri } from './engine.ts'
import { HEADER, longNameOf } from './message/header-name.ts'
import { parseNameAddr, splitList } from './message/name-addr.ts'
import type { RequestFacts } from './message/request-facts.ts'
import type { SipMessage } from './message/sip-message.ts'
import { decodeUser, parseUri, type SipUri, sipUserOf } from './message/uri.ts'
import { parseVia } from './message/via.ts'

export class MessageRequest implements InboundRequest {
  readonly peer: Peer
  readonly message: SipMessage
  readonly facts: RequestFacts
  #requestUri: RequestUri | undefined

  constructor(peer: Peer, message: SipMessage, facts: RequestFacts) {
    this.peer = peer
    this.message = message
    this.facts = facts
  }

  get method(): string {
    return this.message.method
  }

  get callId(): string {
    return this.facts.callId
  }

  get requestUri(): RequestUri {
    if (!this.#requestUri) {
      const { scheme, host } = this.facts.uri
      this.#requestUri = { scheme, user: decodedUser(this.facts.uri), host }
    }
    return this.#requestUri
  }

  get toUser(): string | undefined {
    return this.#userOf(HEADER.to)
  }

  get fromUser(): string | undefined {
    return this.#userOf(HEADER.from)
  }

  get assertedUser(): string | undefined {
    return this.#userOf(HEADER.assertedIdentity)
  }

  headerNames(): readonly string[] {
    const { message } = this
    return Array.from({ length: message.headerCount }, (_, row) => {
      return longNameOf(message.id(row)) ?? message.nameText(row).toLowerCase()
    })
  }

  header(name: string): readonly string[] {
    return this.message.values(name)
  }

  recordedSources(): readonly (IpAddress | undefined)[] {
    const vias: string[] = []
    for (let row = this.message.first(HEADER.via); row !== -1; row = this.message.next(HEADER.via, row)) {
      vias.push(...splitList(this.message.value(row)))
    }
    return vias.slice(1).map(recordedSource)
  }

  #userOf(header: number): string | undefined {
    const row = this.message.first(header)
    if (row === -1) return undefined
    const [value = ''] =
      header === HEADER.assertedIdentity ? splitList(this.message.value(row)) : [this.message.value(row)]
    const address = parseNameAddr(value)
    const uri = address && parseUri(address.uri)
    return uri && decodedUser(uri)
  }
}

function decodedUser(uri: SipUri): string | undefined {
  const user = sipUserOf(uri)
  return user === undefined ? undefined : decodeUser(user)
}

/** RFC 3261 §18.2.1: whoever received the request wrote the packet's source into `received` where sent-by said less. */
function recordedSource(value: string): IpAddress | undefined {
  const via = parseVia(value)
  return via && parseIpAddress(via.received ?? via.host)
}
