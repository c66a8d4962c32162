import { describe, expect, it } from '@jest/globals'
import { ByteWriter } from '../../../../../ingress/sip/message/byte-writer.ts'
import { copyWithoutFirstValue } from '../../../../../ingress/sip/message/copy-without-first-value.ts'
import { parsed } from '../../../../support/parsed-message.ts'

describe('a list header without its first value', () => {
  it.each([
    ['Route: <sip:a;x,y>, <sip:b>', 'Route: <sip:b>\r\n'],
    ['v : SIP/2.0/UDP a ,\r\n SIP/2.0/UDP b,SIP/2.0/UDP c', 'v: SIP/2.0/UDP b,SIP/2.0/UDP c\r\n'],
    ['Route: "a,b" <sip:a>', ''],
    ['Route: <sip:a>,', ''],
    ['Route:', ''],
  ])('of %j is %j', (line, rest) => {
    const message = parsed(`OPTIONS sip:a SIP/2.0\r\nA: 1\r\n${line}\r\nB: 2\r\n\r\n`)
    const copy = new ByteWriter()
    copy.begin(message.bytes, message.start)
    copyWithoutFirstValue(copy, message, 1)
    copy.copyTo(message.end)
    expect(copy.finish().toString('latin1')).toBe(`OPTIONS sip:a SIP/2.0\r\nA: 1\r\n${rest}B: 2\r\n\r\n`)
  })
})
