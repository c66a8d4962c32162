/** A parsed request as the application sees it. A value is decoded only when it is read. */

import { HEADER, longNameOf } from '../message/header-name.ts'
import { parseNameAddr } from '../message/name-addr.ts'
import type { RequestFacts } from '../message/request-facts.ts'
import type { SipMessage } from '../message/sip-message.ts'
import { decodeUser, parseUri, type SipUri, sipUserOf } from '../message/uri.ts'
import type { InboundRequest, Peer, RecordedSource, RequestUri } from './engine.ts'
import { recordedSourcesOf } from './recorded-sources.ts'

export class MessageRequest implements InboundRequest {
  readonly peer: Peer
  message: SipMessage
  facts: RequestFacts
  #requestUri: RequestUri | undefined

  constructor(peer: Peer, message: SipMessage, facts: RequestFacts) {
    this.peer = peer
    this.message = message
    this.facts = facts
  }

  /** Makes a copy of the packet, so that this request stays valid after the packet. */
  keep(): void {
    const { message, facts } = this
    this.message = message.keep()
    this.facts = facts.keep(this.message)
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
    return userOf(this.message.values('P-Asserted-Identity')[0])
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

  recordedSources(): readonly RecordedSource[] {
    return recordedSourcesOf(this.message)
  }

  #userOf(header: number): string | undefined {
    const row = this.message.first(header)
    return row === -1 ? undefined : userOf(this.message.value(row))
  }
}

function userOf(value: string | undefined): string | undefined {
  const address = value === undefined ? undefined : parseNameAddr(value)
  const uri = address && parseUri(address.uri)
  return uri && decodedUser(uri)
}

function decodedUser(uri: SipUri): string | undefined {
  const user = sipUserOf(uri)
  return user === undefined ? undefined : decodeUser(user)
}
