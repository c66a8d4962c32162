import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { copyWithoutFirstValue, MessageCopy } from '../../../../../ingress/sip/message/message-copy.ts'
import { inviteText, parsed } from '../../../../support/parsed-message.ts'

describe('the copy of a message', () => {
  it('has what is written, leaves out what is left out, and every other byte in its place', () => {
    const message = parsed('INVITE sip:a SIP/2.0\r\nA : 1\r\nB:\r\n 2\r\n\r\nbody\u00ff')
    const copy = new MessageCopy()
    copy.begin(message)
    copy.copyTo(message.headersStart)
    copy.text('N: ')
    copy.number(90_017)
    copy.number(0)
    copy.lineEnd()
    copy.leaveOut(message.lineEnd(0))
    copy.copyTo(message.headersEnd)
    copy.range(Buffer.from('xC: 3\r\ny'), 1, 7)
    const first = copy.finish()
    copy.begin(parsed(inviteText()))
    expect(copy.finish().toString('latin1')).toBe(inviteText())
    expect(first.toString('latin1')).toBe('INVITE sip:a SIP/2.0\r\nN: 900170\r\nB:\r\n 2\r\nC: 3\r\n\r\nbody\u00ff')
  })

  it('has texts of every length and of every byte, however much is written', () => {
    const texts = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 8 })
    const copy = new MessageCopy()
    fc.assert(
      fc.property(texts, (parts) => {
        copy.begin(parsed(inviteText()))
        for (const part of parts) copy.text(Buffer.from(part).toString('latin1'))
        for (const part of parts) copy.range(Buffer.from(part), 0, part.length)
        const written = Buffer.concat([...parts, ...parts, Buffer.from(inviteText(), 'latin1')])
        expect(copy.finish().equals(written)).toBe(true)
      }),
    )
  })
})

describe('a list header without its first value', () => {
  it.each([
    ['Route: <sip:a;x,y>, <sip:b>', 'Route: <sip:b>\r\n'],
    ['v : SIP/2.0/UDP a ,\r\n SIP/2.0/UDP b,SIP/2.0/UDP c', 'v: SIP/2.0/UDP b,SIP/2.0/UDP c\r\n'],
    ['Route: "a,b" <sip:a>', ''],
    ['Route: <sip:a>,', ''],
    ['Route:', ''],
  ])('of %j is %j', (line, rest) => {
    const message = parsed(`OPTIONS sip:a SIP/2.0\r\nA: 1\r\n${line}\r\nB: 2\r\n\r\n`)
    const copy = new MessageCopy()
    copy.begin(message)
    copyWithoutFirstValue(copy, message, 1)
    expect(copy.finish().toString('latin1')).toBe(`OPTIONS sip:a SIP/2.0\r\nA: 1\r\n${rest}B: 2\r\n\r\n`)
  })
})
