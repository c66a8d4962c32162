import { describe, expect, it } from '@jest/globals'
import { parseIpAddress, parseIpPrefix } from '../../../../ingress/address/ip-address.ts'
import { strangerReason } from '../../../../ingress/call/dropped-packets.ts'

function reasonOf(address: string, own: readonly string[]): string {
  const parsed = parseIpAddress(address)
  if (!parsed) throw new Error(`${address} is no address`)
  return strangerReason(
    parsed,
    own.flatMap((text) => parseIpPrefix(text) ?? []),
  )
}

describe('a stranger', () => {
  it.each([
    ['192.0.2.7', ['192.0.2.7']],
    ['2001:db8::7', ['192.0.2.7', '2001:db8::7']],
    ['10.0.3.4', ['10.0.0.0/16']],
    ['::ffff:192.0.2.7', ['192.0.2.7']],
  ])('from %s has lost its source where the node and the pod are %j', (address, own) => {
    expect(reasonOf(address, own)).toBe('source_rewritten')
  })

  it.each([
    ['192.0.2.8', ['192.0.2.7']],
    ['2001:db8::7', ['192.0.2.7']],
    ['10.1.0.1', ['10.0.0.0/16']],
    ['192.0.2.7', []],
  ])('from %s is nothing but a stranger where they are %j', (address, own) => {
    expect(reasonOf(address, own)).toBe('stranger')
  })
})
