import { describe, expect, it } from '@jest/globals'
import { MAX_HEADERS } from '../../../../../ingress/sip/limits.ts'
import { HEADER } from '../../../../../ingress/sip/message/header-name.ts'
import { type ParseFault, parseMessage } from '../../../../../ingress/sip/message/parse-message.ts'
import { SipMessage } from '../../../../../ingress/sip/message/sip-message.ts'
import { inviteText, parsed } from '../../../../support/parsed-message.ts'

function faultOf(text: string, into = new SipMessage()): ParseFault | undefined {
  const bytes = Buffer.from(text, 'latin1')
  return parseMessage(into, bytes, 0, bytes.length)
}

const request = (startLine: string) => `${startLine}\r\n\r\n`

describe('the start line', () => {
  it('of a request names method and Request-URI (RFC 3261 §7.1)', () => {
    const message = parsed(request('FOO tel:+1 SIP/2.0'))
    expect([message.isRequest, message.method, message.requestUri(), message.status]).toEqual([
      true,
      'FOO',
      'tel:+1',
      0,
    ])
  })

  it('of a response names status and reason (RFC 3261 §7.2)', () => {
    const message = parsed(request('sip/2.0 486 Busy Here'))
    const reason = message.bytes.toString('latin1', message.reasonStart, message.reasonEnd)
    expect([message.isRequest, message.method, message.status, reason]).toEqual([false, '', 486, 'Busy Here'])
  })

  it.each(['SIP/2.0 100 ', 'SIP/2.0 100'])('may have no reason phrase: %j', (line) => {
    const message = parsed(request(line))
    expect([message.status, message.reasonEnd - message.reasonStart]).toEqual([100, 0])
  })

  it('may follow line breaks, which are ignored (RFC 3261 §7.5)', () => {
    const message = parsed(`\r\n\r\n${inviteText()}`)
    expect([message.start, message.method]).toEqual([4, 'INVITE'])
  })

  it.each([
    'INVITE  sip:a SIP/2.0',
    'INVITE sip:a  SIP/2.0',
    'INVITE sip:a SIP/2.0 ',
    ' INVITE sip:a SIP/2.0',
    'INVITE sip:a;x y SIP/2.0',
    'INVITE sip:a\tb SIP/2.0',
    'INVITE sip:a',
    'INVITE  SIP/2.0',
    'INVITE',
    'INV(TE sip:a SIP/2.0',
    'INVITE sip:a HTTP/1.1',
    'INVITE sip:a SIP/2',
    'INVITE sip:a SIP/2.0x',
  ])('of a request must be exactly three parts and two spaces: %j is 400', (line) => {
    expect(faultOf(request(line))).toMatchObject({ code: 'bad-request-line', status: 400, isResponse: false })
  })

  it.each([
    'SIP/2.0',
    'SIP/2.0 ',
    'SIP/2.0 20 OK',
    'SIP/2.0 2000 OK',
    'SIP/2.0 099 x',
    'SIP/2.0 700 x',
    'SIP/2.0 2x0 x',
    'SIP/x 200 OK',
  ])('of a response must have a status of three digits, 100 to 699: %j is none', (line) => {
    expect(faultOf(request(line))).toMatchObject({ code: 'bad-status-line', isResponse: true })
  })

  it.each(['INVITE sip:a SIP/3.0', 'SIP/3.0 200 OK', 'INVITE sip:a SIP/10.25'])(
    'of another version is 505 (RFC 3261 §21.5.6): %j',
    (line) => {
      expect(faultOf(request(line))).toMatchObject({ code: 'version-not-supported', status: 505 })
    },
  )
})

describe('headers', () => {
  it('may have space before the colon, none behind it, and folds (RFC 3261 §7.3.1)', () => {
    const message = parsed('OPTIONS sip:a SIP/2.0\r\nTo \t:\r\n\t<sip:b>\r\nl:0\r\nSubject:\r\n\r\n')
    expect(message.value(message.first(HEADER.to))).toBe('<sip:b>')
    expect(message.value(message.first(HEADER.contentLength))).toBe('0')
    expect(message.value(message.first(HEADER.subject))).toBe('')
  })

  it('may end in a line of white space, which is a fold and not the empty line', () => {
    const message = parsed('OPTIONS sip:a SIP/2.0\r\nSubject: x\r\n \r\nTo: y\r\n\r\n')
    expect(message.value(message.first(HEADER.subject))).toBe('x')
    expect(message.value(message.first(HEADER.to))).toBe('y')
  })

  it.each([
    ['no colon', 'NoColon'],
    ['no name', ': value'],
    ['a name that is no token', 'A B: value'],
    ['a fold before the first header', ' folded'],
  ])('with %s are 400', (_, line) => {
    expect(faultOf(`OPTIONS sip:a SIP/2.0\r\n${line}\r\nTo: b\r\n\r\n`)).toMatchObject({
      code: 'bad-header',
      offset: 23,
    })
  })

  it.each([
    ['a line feed in a value', 'Subject: a\nVia: forged\r\n'],
    ['a carriage return in a value', 'Subject: a\rVia: forged\r\n'],
    ['a fold behind a line feed', 'Subject: a\n b\r\n'],
    ['a doubled carriage return', 'Subject: a\r\r\n'],
  ])('with %s are 400: two parsers would see two messages', (_, lines) => {
    expect(faultOf(`OPTIONS sip:a SIP/2.0\r\n${lines}To: b\r\n\r\n`)).toMatchObject({ code: 'bare-line-break' })
  })

  it('keep their order and are all there behind a faulty one, so that a 400 can be built', () => {
    const message = new SipMessage()
    const fault = faultOf('INVITE sip:a SIP/2.0\r\nVia: v\r\nbad\r\nTo: t\r\nCSeq: c\r\n\r\n', message)
    expect(fault?.code).toBe('bad-header')
    expect([HEADER.via, HEADER.to, HEADER.cseq].map((id) => message.value(message.first(id)))).toEqual(['v', 't', 'c'])
  })

  it('of a message with line feeds only are indexed all the same', () => {
    const message = new SipMessage()
    const fault = faultOf('INVITE sip:a SIP/2.0\nVia: v\nTo: t\n\nbody', message)
    expect(fault?.code).toBe('bare-line-break')
    expect([message.method, message.headerCount, message.value(message.first(HEADER.to))]).toEqual(['INVITE', 2, 't'])
    expect(message.bytes.toString('latin1', message.bodyStart, message.bodyEnd)).toBe('body')
  })

  it('are at most MAX_HEADERS', () => {
    const lines = (count: number) => `OPTIONS sip:a SIP/2.0\r\n${'X: y\r\n'.repeat(count)}\r\n`
    const message = new SipMessage()
    expect(faultOf(lines(MAX_HEADERS))).toBeUndefined()
    expect(faultOf(lines(MAX_HEADERS + 1), message)).toMatchObject({ code: 'too-many-headers', status: 400 })
    expect(message.headerCount).toBe(MAX_HEADERS)
  })
})

describe('the body of a datagram (RFC 3261 §18.3)', () => {
  const withLength = (length: string, body: string) =>
    `OPTIONS sip:a SIP/2.0\r\nContent-Length: ${length}\r\n\r\n${body}`
  const bodyOf = (message: SipMessage) => message.bytes.toString('latin1', message.bodyStart, message.bodyEnd)

  it('ends at Content-Length: what follows is discarded', () => {
    const message = parsed(withLength('3', 'abcdef'))
    expect([bodyOf(message), message.end]).toEqual(['abc', message.bodyStart + 3])
  })

  it('goes to the end where there is no Content-Length', () => {
    expect(bodyOf(parsed('OPTIONS sip:a SIP/2.0\r\n\r\nabcdef'))).toBe('abcdef')
  })

  it('is at fault where it is shorter than Content-Length', () => {
    expect(faultOf(withLength('7', 'abcdef'))).toMatchObject({ code: 'body-too-short', status: 400 })
  })

  it.each(['', '-1', '+3', '3.0', '0x3', '3 3', '99999999999999999999', 'three'])(
    'cannot be told by Content-Length %j',
    (length) => {
      expect(faultOf(withLength(length, 'abc'))).toMatchObject({ code: 'content-length-invalid', status: 400 })
    },
  )

  it('cannot be told where two Content-Lengths differ', () => {
    expect(faultOf(withLength('3\r\nl: 2', 'abc'))).toMatchObject({ code: 'content-length-conflict', status: 400 })
    expect(bodyOf(parsed(withLength('3\r\nl: 3', 'abc')))).toBe('abc')
  })
})

describe('a message that is cut', () => {
  const text = inviteText()

  it('before its empty line is at fault, wherever it is cut', () => {
    const headEnd = text.indexOf('\r\n\r\n') + 4
    for (let length = 0; length < headEnd; length++) {
      expect(faultOf(text.slice(0, length))?.code).toBe('missing-empty-line')
    }
  })

  it('inside its body is at fault', () => {
    expect(faultOf(text.slice(0, -1))?.code).toBe('body-too-short')
  })

  it('has no row for a line that does not end', () => {
    const message = new SipMessage()
    faultOf('OPTIONS sip:a SIP/2.0\r\nTo: b\r\nVia: SIP/2.0/UDP 203.0.', message)
    expect([message.headerCount, message.first(HEADER.via)]).toEqual([1, -1])
  })
})

it('A message in the middle of a buffer is read from its offset to its length and no further', () => {
  const text = inviteText()
  const bytes = Buffer.from(`GARBAGE${text}GARBAGE`, 'latin1')
  const message = new SipMessage()
  expect(parseMessage(message, bytes, 7, text.length)).toBeUndefined()
  expect([message.start, message.end]).toEqual([7, 7 + text.length])
})
