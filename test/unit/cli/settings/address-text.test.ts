import { describe, expect, it } from '@jest/globals'
import { parseAdvertisedAddress, parseHttpAddress, parseListenAddress } from '../../../../cli/settings/address-text.ts'

describe('an address to listen on', () => {
  it.each([
    ['udp://127.0.0.1:5060', 'UDP', '127.0.0.1', 5060],
    ['TCP://0.0.0.0:0', 'TCP', '0.0.0.0', 0],
    ['tcp://[::1]:5060', 'TCP', '::1', 5060],
    ['udp://[2001:DB8::7]:65535', 'UDP', '2001:db8::7', 65_535],
  ])('%s is read', (text, transport, address, port) => {
    expect(parseListenAddress(text)).toMatchObject({ transport, address: { text: address }, port })
  })

  it.each([
    '127.0.0.1:5060',
    'tls://127.0.0.1:5061',
    'udp://localhost:5060',
    'udp://127.0.0.1',
    'udp://127.0.0.1:65536',
    'udp://127.0.0.1:-1',
    'udp://::1:5060',
    'udp://[127.0.0.1]:5060',
    'udp://127.0.0.1:5060/',
    'udp://',
    '',
  ])('%j is refused', (text) => {
    expect(parseListenAddress(text)).toBeUndefined()
  })
})

describe('an address to advertise', () => {
  it.each([
    ['sip.Example.com', 'sip.example.com', undefined],
    ['203.0.113.7:5080', '203.0.113.7', 5080],
    ['[2001:db8::7]', '[2001:db8::7]', undefined],
    ['[2001:DB8:0::7]:5060', '[2001:db8::7]', 5060],
    ['[203.0.113.7]', '203.0.113.7', undefined],
    ['[203.0.113.7]:5060', '203.0.113.7', 5060],
  ])('%s is read', (text, host, port) => {
    expect(parseAdvertisedAddress(text)).toEqual({ host, port })
  })

  it.each(['', ':5060', 'a b', '2001:db8::7', 'host:', 'host:0', 'host:5060:1', '1.2.3', 'a;lr', '[::1', 'x>'])(
    '%j is refused',
    (text) => {
      expect(parseAdvertisedAddress(text)).toBeUndefined()
    },
  )
})

describe('an address for HTTP', () => {
  it.each([
    ['127.0.0.1:9090', '127.0.0.1', 9090],
    ['localhost:0', 'localhost', 0],
    ['[::]:9090', '::', 9090],
    ['[fd00::1]:9090', 'fd00::1', 9090],
    ['[10.0.0.7]:9090', '10.0.0.7', 9090],
  ])('%s is read, in the form that a socket takes', (text, host, port) => {
    expect(parseHttpAddress(text)).toEqual({ host, port })
  })

  it.each(['127.0.0.1', '9090', ':9090', '::1:9090', 'http://127.0.0.1:9090'])('%j is refused', (text) => {
    expect(parseHttpAddress(text)).toBeUndefined()
  })
})
