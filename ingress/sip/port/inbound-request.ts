/** A parsed request as the application sees it. A value is decoded only when it is read. */

import { COMMA, firstComma, skipLws } from '../message/byte-class.ts'
import { HEADER, longNameOf } from '../message/header-name.ts'
import { readAddressUri } from '../message/name-addr.ts'
import type { RequestFacts } from '../message/request-facts.ts'
import type { SipMessage } from '../message/sip-message.ts'
import { decodeUser, type SipUri, sipUserOf } from '../message/uri.ts'
import { UriRange } from '../message/uri-range.ts'
import type { InboundRequest, Peer, RecordedSource, RequestUri } from './engine.ts'
import { recordedSourcesOf } from './recorded-sources.ts'

/** The URI of one address is read completely before the next one, so all addresses share this object. */
const addressUri = new UriRange()

export class MessageRequest implements InboundRequest {
  readonly peer: Peer
  message: SipMessage
  facts: RequestFacts
  private decodedUri: RequestUri | undefined

  constructor(peer: Peer, message: SipMessage, facts: RequestFacts) {
    this.peer = peer
    this.message = message
    this.facts = facts
  }

  /** Makes a copy of the packet, so that this request stays valid when the next packet is read. */
  keep(): void {
    const { message, facts } = this
    this.message = message.keep()
    this.facts = facts.keep(this.message)
    this.decodedUri = undefined
  }

  get method(): string {
    return this.message.method
  }

  get callId(): string {
    return this.facts.callId
  }

  get requestUri(): RequestUri {
    this.decodedUri ??= new DecodedUri(this.facts)
    return this.decodedUri
  }

  get fromTag(): string | undefined {
    return this.facts.fromTag
  }

  get toUser(): string | undefined {
    return userOf(this.message, HEADER.to)
  }

  get fromUser(): string | undefined {
    return userOf(this.message, HEADER.from)
  }

  get assertedUser(): string | undefined {
    const { message } = this
    for (
      let row = message.first(HEADER.assertedIdentity);
      row !== -1;
      row = message.next(HEADER.assertedIdentity, row)
    ) {
      const end = message.valueEnd(row)
      const start = firstValueStart(message.bytes, message.valueStart(row), end)
      if (start < end) return userAt(message.bytes, start, firstComma(message.bytes, start, end))
    }
    return undefined
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
}

class DecodedUri implements RequestUri {
  private readonly facts: RequestFacts
  private userText: string | undefined

  constructor(facts: RequestFacts) {
    this.facts = facts
  }

  get scheme(): string {
    return this.facts.uri.scheme
  }

  get user(): string | undefined {
    this.userText ??= decodedUser(this.facts.uri)
    return this.userText
  }

  get host(): string {
    return this.facts.uri.host
  }
}

/** The decoded user of the address in a header that is not a list. */
function userOf(message: SipMessage, header: number): string | undefined {
  const row = message.first(header)
  return row === -1 ? undefined : userAt(message.bytes, message.valueStart(row), message.valueEnd(row))
}

function userAt(bytes: Buffer, start: number, end: number): string | undefined {
  return readAddressUri(addressUri, bytes, start, end) ? decodedUser(addressUri) : undefined
}

/** The offset of the first value of a list. Empty values do not count. */
function firstValueStart(bytes: Buffer, from: number, end: number): number {
  let at = skipLws(bytes, from, end)
  while (at < end && bytes[at] === COMMA) at = skipLws(bytes, at + 1, end)
  return at
}

function decodedUser(uri: SipUri): string | undefined {
  const user = sipUserOf(uri)
  return user === undefined ? undefined : decodeUser(user)
}
