import { describe, expect, it } from '@jest/globals'
import { parseVia } from '../../../../../ingress/sip/message/via.ts'
import { parsed } from '../../../../support/parsed-message.ts'

const none = { port: undefined, branch: undefined, received: undefined, rport: undefined, parameters: '' }

describe('a Via value', () => {
  it.each([
    ['SIP/2.0/UDP a.Example', { ...none, transport: 'UDP', host: 'a.example' }],
    ['sip / 2.0 /\r\n tcp  [2001:DB8::1] : 5070', { ...none, transport: 'TCP', host: '[2001:db8::1]', port: 5070 }],
    ['SIP/2.0/UNKNOWN h:1', { ...none, transport: 'UNKNOWN', host: 'h', port: 1 }],
    ['SIP/2.0/UDP h;rport', { ...none, transport: 'UDP', host: 'h', rport: '', parameters: ';rport' }],
    ['SIP/2.0/UDP h;rport=5', { ...none, transport: 'UDP', host: 'h', rport: 5, parameters: ';rport=5' }],
    ['SIP/2.0/UDP h;rport=x', { ...none, transport: 'UDP', host: 'h', rport: '', parameters: ';rport=x' }],
    [
      'SIP/2.0/UDP h;received=[2001:db8::9]',
      { ...none, transport: 'UDP', host: 'h', received: '[2001:db8::9]', parameters: ';received=[2001:db8::9]' },
    ],
    [
      'SIP/2.0/UDP h;received=2001:db8::9',
      { ...none, transport: 'UDP', host: 'h', received: '2001:db8::9', parameters: ';received=2001:db8::9' },
    ],
  ])('%j is read (RFC 3261 §20.42)', (text, via) => {
    expect(parseVia(text)).toMatchObject(via)
  })

  it.each([
    ['a.Example', 'a.example', true],
    ['[2001:DB8::1]', '[2001:db8::1]', true],
    ['192.0.2.1', '192.0.2.10', false],
    ['192.0.2.1', '192.0.2.2', false],
  ])('of the host %s compares with %s: %s', (host, text, same) => {
    expect(parseVia(`SIP/2.0/UDP ${host}:5060;branch=1`)?.isHost(text)).toBe(same)
  })

  it('is read with parameters that nobody knows, and white space around them (RFC 5393 §4.2.4)', () => {
    const text = 'SIP/2.0/UDP first.example.com: 4000 ;ttl=16 ;x="a;b\\",";maddr=224.2.0.1 ; BRANCH = z9hG4bKa7 ;flag'
    expect(parseVia(text)).toMatchObject({ host: 'first.example.com', port: 4000, branch: 'z9hG4bKa7' })
  })

  it.each([
    '',
    'SIP/2.0/UDP',
    'SIP/2.0/UDP ',
    'SIP/2.0 h',
    '/2.0/UDP h',
    'SIP/2.0/UDPh',
    'SIP/2.0/UDP h:',
    'SIP/2.0/UDP h:x',
    'SIP/2.0/UDP h:70000',
    'SIP/2.0/UDP [2001:db8::1',
    'SIP/2.0/UDP [nonsense]',
    'SIP/2.0/UDP h;;branch=a',
    'SIP/2.0/UDP h;',
    'SIP/2.0/UDP h;=a',
    'SIP/2.0/UDP h;x="open',
    'SIP/2.0/UDP h;x="open\\"',
    'SIP/2.0/UDP h branch=a',
    'SIP/2.0/UDP h;a b',
    'SIP/2.0/UDP h, SIP/2.0/UDP i',
    'SIP/2.0/UDP <h>',
  ])('is none: %j', (text) => {
    expect(parseVia(text)).toBeUndefined()
  })
})

describe('the end of the top Via value', () => {
  it.each([
    ['SIP/2.0/UDP a;x="1,2"', 'SIP/2.0/UDP a;x="1,2"'],
    ['SIP/2.0/UDP a, SIP/2.0/UDP b', 'SIP/2.0/UDP a'],
  ])('of %j is behind %j', (line, top) => {
    const message = parsed(`OPTIONS sip:a SIP/2.0\r\nTo: x\r\nVia: ${line}\r\nVia: other\r\n\r\n`)
    expect(message.bytes.toString('latin1', message.valueStart(1), message.topViaEnd())).toBe(top)
  })

  it('is 0 where there is no Via', () => {
    expect(parsed('OPTIONS sip:a SIP/2.0\r\n\r\n').topViaEnd()).toBe(0)
  })
})
