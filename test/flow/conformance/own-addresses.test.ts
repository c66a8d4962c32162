import { describe, expect, it } from '@jest/globals'
import { type IpAddress, parseIpAddress } from '../../../ingress/address/ip-address.ts'
import type { TransportName } from '../../../ingress/sip/port/engine.ts'
import { B1, PEER, routeAction, ruleEntry, STRANGER, startHarness, trunkEntry } from '../../support/engine-harness.ts'
import { headerOf, requestText, responseText, statusOf } from '../../support/sip-text.ts'

function address(text: string): IpAddress {
  const parsed = parseIpAddress(text)
  if (!parsed) throw new Error(`${text} is no address`)
  return parsed
}

/** A pod that listens on every address it has, which is 192.0.2.77; its backend takes this transport. */
function podOnEveryAddress(transport: TransportName) {
  const [first] = routeAction().backends
  if (!first) throw new Error('a backend')
  const listen = (['UDP', 'TCP'] as const).map((name) => ({ transport: name, address: address('0.0.0.0'), port: 5060 }))
  const action = routeAction({ backends: [{ ...first, transport }] })
  const engine = { listen, machineAddress: () => address('192.0.2.77') }
  return startHarness({ entries: [trunkEntry(), ruleEntry({ action })], engine })
}

describe('the addresses of a pod', () => {
  it('T-01: one port serves UDP and TCP alike', async () => {
    const { engine, network, sentTo } = await startHarness()
    expect(engine.listening).toEqual(['udp://192.0.2.1:5060', 'tcp://192.0.2.1:5060'])
    network.deliver(PEER, requestText({ uri: 'sip:+4930123456@192.0.2.1', branch: 'z9hG4bK-1' }))
    const via = 'SIP/2.0/TCP 198.51.100.7:5060;branch=z9hG4bK-2'
    network.deliver(PEER, requestText({ uri: 'sip:+4930123456@192.0.2.1', via }), 'TCP')
    expect(sentTo(PEER).map(statusOf)).toEqual([503, 503])
  })

  it('T-01: an INVITE of 60 kB in a datagram is taken, and goes on over TCP', async () => {
    const { network, packetsTo } = await startHarness()
    const body = 'x'.repeat(60_000)
    network.deliver(PEER, requestText({ body }))
    expect(packetsTo(B1).map(({ transport }) => transport)).toEqual(['TCP'])
    expect(packetsTo(B1)[0]?.text.endsWith(`\r\n\r\n${body}`)).toBe(true)
  })

  it.each(['UDP', 'TCP'] as const)(
    'T-07: sent-by is where this pod listens, and its responses are taken there, over %s',
    async (transport) => {
      const { network, sentTo } = await podOnEveryAddress(transport)
      network.deliver(PEER, requestText())
      const [invite = ''] = sentTo(B1)
      expect(headerOf(invite, 'Via')[0]).toMatch(`SIP/2.0/${transport} 192.0.2.77:5060;branch=`)
      network.deliver(B1, responseText(invite, 180), transport)
      expect(sentTo(PEER).map(statusOf)).toEqual([100, 180])
    },
  )

  it.each([PEER, STRANGER])('T-09: line breaks in a datagram are no ping and get nothing: from %s', async (from) => {
    const { network } = await startHarness()
    network.deliver(from, '\r\n\r\n')
    network.deliver(from, '\r\n')
    expect(network.sent).toEqual([])
  })
})
