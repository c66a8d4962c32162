/** Cuts messages out of a byte stream (RFC 3261 §18.3, RFC 5626 §4.4.1). Each connection has its own framer. */
import { MAX_FILLER_BYTES, MAX_HEADER_SECTION_BYTES, MAX_MESSAGE_BYTES } from '../limits.ts'
import { CR, LF, tokenLower } from './byte-class.ts'
import { contentLengthOf, indexHead } from './parse-message.ts'
import { SipMessage } from './sip-message.ts'

export type Frame =
  /** One message: `length` bytes at `offset`. These bytes do not change as long as `bytes` is referenced. */
  | { readonly type: 'message'; readonly bytes: Buffer; readonly offset: number; readonly length: number }
  /** A CRLFCRLF came between two messages. The peer waits for one CRLF as an answer (RFC 5626 §4.4.1). */
  | { readonly type: 'ping' }
  | { readonly type: 'incomplete' }
  /**
   * No more messages can be cut out of the stream. The calling code should answer the request in `head` if it can, and close.
   */
  | { readonly type: 'broken'; readonly code: string; readonly head: Buffer }

type Stage = 'between' | 'head' | 'body' | 'broken'

const NUL = 0
const EMPTY = Buffer.alloc(0)
const INCOMPLETE: Frame = { type: 'incomplete' }
const PING: Frame = { type: 'ping' }

/** All connections share this message index, because only one head is indexed at a time. */
const scratch = new SipMessage()

export class StreamFramer {
  #bytes: Buffer = EMPTY
  /** Whether this framer made the buffer. The framer appends chunks only to a buffer that it made. */
  #own = false
  #from = 0
  #to = 0
  #stage: Stage = 'between'
  /** The bytes before this offset were already searched. After the next chunk, the search goes on from here. */
  #scanned = 0
  #lastLineFeed = 0
  #messageEnd = 0
  #lineBreaks = 0
  /** The number of NULs that were skipped since the last chunk came. */
  #fillers = 0
  #code = ''

  /** The number of bytes that are not part of any frame yet. */
  get buffered(): number {
    return this.#to - this.#from
  }

  /** Takes the next bytes of the connection. The chunk then belongs to the framer, so nobody else may write to it. */
  push(chunk: Buffer): void {
    if (this.#stage === 'broken') return
    this.#fillers = 0
    if (this.#from === this.#to) {
      this.#adopt(chunk)
      return
    }
    if (!this.#own || this.#to + chunk.length > this.#bytes.length) this.#grow(chunk.length)
    chunk.copy(this.#bytes, this.#to)
    this.#to += chunk.length
  }

  /** Returns the next frame. To be called again until it returns `incomplete` or `broken`. */
  next(): Frame {
    if (this.#stage === 'between') {
      const ping = this.#skipLineBreaks()
      if (ping !== undefined) return ping
    }
    if (this.#stage === 'head') this.#findEndOfHead()
    if (this.#stage === 'broken')
      return { type: 'broken', code: this.#code, head: this.#bytes.subarray(this.#from, this.#to) }
    if (this.#stage !== 'body' || this.#to < this.#messageEnd) return INCOMPLETE
    const frame = {
      type: 'message',
      bytes: this.#bytes,
      offset: this.#from,
      length: this.#messageEnd - this.#from,
    } as const
    this.#from = this.#messageEnd
    this.#stage = 'between'
    this.#lineBreaks = 0
    return frame
  }

  #adopt(chunk: Buffer): void {
    this.#bytes = chunk
    this.#own = false
    this.#shift(this.#from)
    this.#to = chunk.length
  }

  /**
   * Makes a new buffer, at least twice as large as its content. The old buffer may contain bytes of frames that were already
   * returned, so it is not written to again.
   */
  #grow(more: number): void {
    const size = this.buffered
    const grown = Buffer.allocUnsafeSlow(2 * (size + more))
    this.#bytes.copy(grown, 0, this.#from, this.#to)
    this.#bytes = grown
    this.#own = true
    this.#shift(this.#from)
    this.#to = size
  }

  #shift(by: number): void {
    this.#from -= by
    this.#scanned -= by
    this.#lastLineFeed -= by
    this.#messageEnd -= by
  }

  #break(code: string): void {
    this.#stage = 'broken'
    this.#code = code
  }

  /**
   * RFC 3261 §7.5: a CRLF before a start line is ignored. RFC 5626 §3.5.1: two CRLFs are a ping. A NUL is ignored too, and is
   * never part of a ping. Some devices send CRLF NUL to keep a connection open.
   */
  #skipLineBreaks(): Frame | undefined {
    while (this.#from < this.#to) {
      const byte = this.#bytes[this.#from]
      if (byte === CR && this.#from + 1 === this.#to) return INCOMPLETE
      if (byte === CR && this.#bytes[this.#from + 1] === LF) {
        this.#from += 2
        this.#lineBreaks++
        if (this.#lineBreaks % 2 === 0) return PING
      } else if (byte === NUL && ++this.#fillers <= MAX_FILLER_BYTES) {
        this.#from++
        this.#lineBreaks = 0
      } else break
    }
    if (this.#from === this.#to) return INCOMPLETE
    this.#beginHead()
    return undefined
  }

  #beginHead(): void {
    // RFC 3261 §25.1: a start line begins with a token. Other protocols begin in another way, such as TLS with its handshake.
    if (tokenLower(this.#bytes, this.#from) === 0) this.#break('not-sip')
    else this.#stage = 'head'
    this.#scanned = this.#from
    this.#lastLineFeed = this.#from - 1
  }

  /**
   * Searches for the empty line after the headers. The search begins where the last one ended. A line that ends with LF alone
   * is found here too, and is refused later by the index.
   */
  #findEndOfHead(): void {
    const bytes = this.#bytes
    const limit = Math.min(this.#to, this.#from + MAX_HEADER_SECTION_BYTES)
    let at = this.#scanned
    for (; at < limit; at++) {
      if (bytes[at] !== LF) continue
      const line = at - this.#lastLineFeed - 1
      this.#lastLineFeed = at
      if (line === 0 || (line === 1 && bytes[at - 1] === CR)) {
        this.#endHead(at + 1)
        return
      }
    }
    this.#scanned = at
    if (at - this.#from >= MAX_HEADER_SECTION_BYTES) this.#break('header-section-too-large')
  }

  #endHead(headEnd: number): void {
    const fault = indexHead(scratch, this.#bytes, this.#from, headEnd - this.#from)
    const length = contentLengthOf(scratch)
    this.#messageEnd = scratch.bodyStart + (typeof length === 'number' ? length : 0)
    scratch.bytes = EMPTY
    const code = this.#headProblem(fault?.code, length)
    if (code === undefined) this.#stage = 'body'
    else this.#break(code)
  }

  /** RFC 3261 §18.3: on a stream, Content-Length is mandatory, because it says where the message ends. */
  #headProblem(fault: string | undefined, length: number | undefined | 'invalid' | 'conflict'): string | undefined {
    // With one of these faults, another peer could read another Content-Length from the same head. So the stream is given up.
    if (fault === 'bare-line-break' || fault === 'too-many-headers') return fault
    if (length === undefined) return 'content-length-missing'
    if (typeof length === 'string') return `content-length-${length}`
    return this.#messageEnd - this.#from > MAX_MESSAGE_BYTES ? 'message-too-large' : undefined
  }
}
