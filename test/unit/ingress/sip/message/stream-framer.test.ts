import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { MAX_FILLER_BYTES, MAX_HEADER_SECTION_BYTES, MAX_MESSAGE_BYTES } from '../../../../../ingress/sip/limits.ts'
import { type Frame, StreamFramer } from '../../../../../ingress/sip/message/stream-framer.ts'
import { inviteText } from '../../../../support/parsed-message.ts'

/** What comes out, as text: messages in full, pings as `ping`, a broken stream as `broken <code>`. */
function take(framer: StreamFramer): string[] {
  const taken: string[] = []
  for (;;) {
    const frame = framer.next()
    if (frame.type === 'incomplete') return taken
    taken.push(frameText(frame))
    if (frame.type === 'broken') return taken
  }
}

function frameText(frame: Frame): string {
  if (frame.type === 'message') return frame.bytes.toString('latin1', frame.offset, frame.offset + frame.length)
  return frame.type === 'broken' ? `broken ${frame.code}` : frame.type
}

function framesOf(...chunks: readonly string[]): string[] {
  const framer = new StreamFramer()
  const taken: string[] = []
  for (const chunk of chunks) {
    framer.push(Buffer.from(chunk, 'latin1'))
    taken.push(...take(framer))
  }
  return taken
}

const withLength = (line: string, body = '') => `OPTIONS sip:a SIP/2.0\r\n${line}\r\n${body}`
const small = withLength('l: 3\r\n', 'abc')

describe('a stream', () => {
  it('gives each message of one chunk on its own (RFC 3261 §18.3)', () => {
    const invite = inviteText()
    expect(framesOf(invite + small + invite)).toEqual([invite, small, invite])
  })

  it('gives the same frames whatever the chunks are', () => {
    const text = `\r\n${small}\r\n\r\n\r\n${inviteText()}${small}`
    const whole = framesOf(text)
    expect(whole).toEqual([small, 'ping', inviteText(), small])
    expect(framesOf(...text.split(''))).toEqual(whole)
    for (let at = 1; at < text.length; at++) expect(framesOf(text.slice(0, at), text.slice(at))).toEqual(whole)
  })

  it('holds what is not complete and nothing else', () => {
    const framer = new StreamFramer()
    framer.push(Buffer.from(`${small}${small.slice(0, 10)}`))
    expect(take(framer)).toEqual([small])
    expect(framer.buffered).toBe(10)
    framer.push(Buffer.from(small.slice(10)))
    expect(take(framer)).toEqual([small])
    expect(framer.buffered).toBe(0)
  })

  it('leaves the bytes of a message alone when more arrives', () => {
    const framer = new StreamFramer()
    framer.push(Buffer.from(small.slice(0, 5)))
    framer.push(Buffer.from(small.slice(5)))
    const frame = framer.next()
    for (let i = 0; i < 50; i++) framer.push(Buffer.from(inviteText()))
    expect(frameText(frame)).toBe(small)
    expect(take(framer)).toHaveLength(50)
  })

  it('takes a message of MAX_MESSAGE_BYTES in one-byte chunks', () => {
    const head = withLength(`Content-Length: 65000\r\n`)
    const body = 'x'.repeat(65_000)
    expect(framesOf(...(head + body).split(''))).toEqual([head + body])
  })
})

describe('between messages', () => {
  it('CRLF is ignored (RFC 3261 §7.5)', () => {
    expect(framesOf(`\r\n${small}\r\n${small}`)).toEqual([small, small])
  })

  it('CRLFCRLF is a ping, also in four writes (RFC 5626 §4.4.1)', () => {
    expect(framesOf('\r\n\r\n')).toEqual(['ping'])
    expect(framesOf('\r', '\n', '\r', '\n')).toEqual(['ping'])
    expect(framesOf('\r\n\r\n\r\n\r\n', small)).toEqual(['ping', 'ping', small])
  })

  it.each(['\r\n\0', '\0', '\0\0\0\0', '\0\r\n\0', '\r\n\0\r\n\0'])(
    'NULs are ignored, as devices send them to keep a connection up: %j',
    (text) => {
      for (let at = 0; at <= text.length; at++) {
        expect(framesOf(text.slice(0, at), text.slice(at), small, text, small)).toEqual([small, small])
      }
    },
  )

  it('a ping is a ping behind a NUL too', () => {
    expect(framesOf('\r\n\0\r\n\r\n', small)).toEqual(['ping', small])
  })

  it('what keeps a connection up changes no message, wherever the chunks are cut', () => {
    const keepAlive = fc.constantFrom('', '\r\n', '\r\n\0', '\0', '\0\0\0\0', '\r\n\r\n', '\r\n\r\n\0')
    fc.assert(
      fc.property(fc.array(keepAlive, { maxLength: 6 }), fc.array(fc.nat(400), { maxLength: 8 }), (between, cuts) => {
        const text = between.map((filler) => filler + small).join('')
        const at = [0, ...cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b), text.length]
        const chunks = at.slice(1).map((end, index) => text.slice(at[index], end))
        expect(framesOf(...chunks).filter((frame) => frame !== 'ping')).toEqual(between.map(() => small))
      }),
    )
  })

  it('more NULs in one piece than MAX_FILLER_BYTES are no keep-alive', () => {
    const most = '\0'.repeat(MAX_FILLER_BYTES)
    expect(framesOf(most, most + small)).toEqual([small])
    expect(framesOf(`${most}\0${small}`)).toEqual(['broken not-sip'])
  })

  it('CRLF is a line break only as a pair', () => {
    expect(framesOf('\r\0')).toEqual(['broken not-sip'])
    expect(framesOf('\r\rINVITE')).toEqual(['broken not-sip'])
    expect(framesOf('\n\n')).toEqual(['broken not-sip'])
  })
})

describe('a stream is broken', () => {
  it.each([
    ['no Content-Length', withLength('To: a\r\n'), 'content-length-missing'],
    ['Content-Length twice, differing', withLength('l: 1\r\nContent-Length: 2\r\n'), 'content-length-conflict'],
    ['a negative Content-Length', withLength('Content-Length: -1\r\n'), 'content-length-invalid'],
    ['a Content-Length that is no number', withLength('Content-Length: x\r\n'), 'content-length-invalid'],
    ['a Content-Length without a value', withLength('Content-Length:\r\n'), 'content-length-invalid'],
    ['a message larger than MAX_MESSAGE_BYTES', withLength(`l: ${MAX_MESSAGE_BYTES}\r\n`), 'message-too-large'],
    ['a line feed without carriage return', withLength('X: a\nl: 0\r\n'), 'bare-line-break'],
    ['line feeds only', 'OPTIONS sip:a SIP/2.0\nl: 0\n\n', 'bare-line-break'],
    ['more headers than MAX_HEADERS', withLength(`${'X: y\r\n'.repeat(300)}l: 0\r\n`), 'too-many-headers'],
    ['a TLS handshake', '\u0016\u0003\u0001', 'not-sip'],
  ])('by %s', (_, text, code) => {
    expect(framesOf(text)).toEqual([`broken ${code}`])
  })

  it('by headers that never end', () => {
    const line = `X: ${'y'.repeat(1000)}\r\n`
    const framer = new StreamFramer()
    framer.push(Buffer.from('OPTIONS sip:a SIP/2.0\r\n'))
    for (let sent = 0; sent < MAX_HEADER_SECTION_BYTES; sent += line.length) framer.push(Buffer.from(line))
    expect(take(framer)).toEqual(['broken header-section-too-large'])
  })

  it('and stays so, holding no more bytes', () => {
    const framer = new StreamFramer()
    framer.push(Buffer.from(withLength('l: x\r\n')))
    const broken = framer.next()
    framer.push(Buffer.from(small))
    expect(framer.next()).toEqual(broken)
    expect(broken.type === 'broken' && broken.head.toString()).toBe(withLength('l: x\r\n'))
  })

  it('behind the good messages before it', () => {
    expect(framesOf(small + withLength('l: x\r\n'))).toEqual([small, 'broken content-length-invalid'])
  })
})

it('A body may hold anything, an empty line and a start line too', () => {
  const body = `\r\n\r\n${small}`
  const message = withLength(`Content-Length: ${body.length}\r\n`, body)
  expect(framesOf(message + small)).toEqual([message, small])
})

it('Content-Length twice with the same value can be framed: the message is refused later', () => {
  const message = withLength('l: 1\r\nl: 1\r\n', 'a')
  expect(framesOf(message)).toEqual([message])
})
