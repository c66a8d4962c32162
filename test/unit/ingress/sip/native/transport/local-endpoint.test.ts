import { describe, expect, it } from '@jest/globals'
import { chooseLocal } from '../../../../../../ingress/sip/native/transport/local-endpoint.ts'
import { addressOf } from './recorded-events.ts'

function chosen(listening: readonly string[], to: string): string | undefined {
  const listeners = listening.map((text) => ({
    endpoint: { transport: 'UDP', address: addressOf(text), port: 5060 } as const,
  }))
  return chooseLocal(listeners, addressOf(to))?.endpoint.address.text
}

describe('the endpoint to send from', () => {
  it.each([
    ['the only one of the family', ['::', '0.0.0.0'], '192.0.2.1', '0.0.0.0'],
    ['the IPv6 one for IPv6', ['0.0.0.0', '::'], '2001:db8::1', '::'],
    ['loopback for loopback', ['192.0.2.9', '0.0.0.0', '127.0.0.1'], '127.0.0.3', '127.0.0.1'],
    ['IPv6 loopback for IPv6 loopback', ['::', '::1'], '::1', '::1'],
    ['a real address before a wildcard', ['0.0.0.0', '192.0.2.9'], '198.51.100.1', '192.0.2.9'],
    ['a wildcard before loopback', ['127.0.0.1', '0.0.0.0'], '198.51.100.1', '0.0.0.0'],
    ['loopback where there is nothing else', ['127.0.0.1'], '198.51.100.1', '127.0.0.1'],
    ['the first of equals', ['192.0.2.8', '192.0.2.9'], '198.51.100.1', '192.0.2.8'],
  ])('is %s', (_, listening, to, expected) => {
    expect(chosen(listening, to)).toBe(expected)
  })

  it('is none where no endpoint has the family', () => {
    expect(chosen(['0.0.0.0'], '2001:db8::1')).toBeUndefined()
  })
})
