import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parseIpAddress } from '../../../../ingress/address/ip-address.ts'
import { createNetworkUses } from '../../../../ingress/lookup/network-uses.ts'

const NETWORKS = ['10.0.0.0/8', '10.44.0.0/16', '10.44.3.2', '2001:db8::/32', 'not a network']
const PLACES = ['10.1.1.1', '10.44.9.9', '10.44.3.2', '2001:db8::7', '203.0.113.1'].flatMap((text) => {
  const address = parseIpAddress(text)
  return address ? [address] : []
})

describe('the networks that rules name', () => {
  it('hold an address as long as one rule names one that holds it', () => {
    const lists = fc.array(fc.subarray(NETWORKS), { maxLength: 5 })
    fc.assert(
      fc.property(lists, lists, (gone, kept) => {
        const [uses, fresh] = [createNetworkUses(), createNetworkUses()]
        for (const networks of [...gone, ...kept]) uses.add(networks)
        for (const networks of gone) uses.remove(networks)
        for (const networks of kept) fresh.add(networks)
        expect(PLACES.map((place) => uses.has(place))).toEqual(PLACES.map((place) => fresh.has(place)))
      }),
    )
  })

  it('hold what is inside them and nothing else', () => {
    const uses = createNetworkUses()
    uses.add(['10.44.0.0/16', 'not a network', '2001:db8::/32'])
    expect(PLACES.map((place) => uses.has(place))).toEqual([false, true, true, true, false])
  })
})
