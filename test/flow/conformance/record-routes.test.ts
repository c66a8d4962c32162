import { describe, expect, it } from '@jest/globals'
import { type IpAddress, parseIpAddress } from '../../../ingress/address/ip-address.ts'
import type { Backend } from '../../../ingress/route-table/route-table.ts'
import { type AnsweredCall, answerCall, backendSide } from '../../support/answered-call.ts'
import {
  B1,
  type Harness,
  PEER,
  routeAction,
  ruleEntry,
  startHarness,
  trunkEntry,
} from '../../support/engine-harness.ts'
import { headerOf, requestText, responseText } from '../../support/sip-text.ts'

/** A Record-Route value with its cookie named `C` and the Route that it becomes. */
function shape(values: readonly string[]): string[] {
  return values.map((value) => value.replace(/;sdc=[\w-]+/, ';sdc=C'))
}

function address(text: string): IpAddress {
  const parsed = parseIpAddress(text)
  if (!parsed) throw new Error(`${text} is no address`)
  return parsed
}

function toBackend(change: Partial<Backend>) {
  const [first] = routeAction().backends
  if (!first) throw new Error('a backend')
  const action = routeAction({ backends: [{ ...first, ...change }] })
  return [trunkEntry({ sources: ['198.51.100.0/24', '2001:db8:9::/48'] }), ruleEntry({ action })]
}

/** The last packet that an address got. */
function last(harness: Harness, to: string): string {
  return harness.sentTo(to).at(-1) ?? ''
}

function byeFromCaller(harness: Harness, { inDialog }: AnsweredCall): string {
  harness.network.deliver(PEER, requestText({ method: 'BYE', cseq: 2, ...inDialog, branch: 'z9hG4bK-bye' }))
  return last(harness, B1)
}

function byeFromBackend(harness: Harness, call: AnsweredCall, transport: 'UDP' | 'TCP' = 'UDP'): string {
  const via = `SIP/2.0/${transport} ${B1};branch=z9hG4bK-bye-back`
  harness.network.deliver(B1, requestText({ ...backendSide(call), method: 'BYE', cseq: 9, via }), transport)
  return last(harness, PEER)
}

describe('Record-Route', () => {
  it('R-09: has lr, our address and a cookie, and names no transport over UDP', async () => {
    const harness = await startHarness()
    const { invite } = answerCall(harness)
    expect(shape(headerOf(invite, 'Record-Route'))).toEqual(['<sip:192.0.2.1:5060;lr;sdc=C>'])
  })

  it('R-09: names TCP where both sides have used it', async () => {
    const harness = await startHarness({ entries: toBackend({ transport: 'TCP' }) })
    const { invite } = answerCall(harness, 'TCP')
    expect(shape(headerOf(invite, 'Record-Route'))).toEqual(['<sip:192.0.2.1:5060;transport=tcp;lr;sdc=C>'])
  })

  it('R-09: stands above what other proxies have recorded', async () => {
    const { network, sentTo } = await startHarness()
    network.deliver(PEER, requestText({ extra: ['Record-Route: <sip:edge.example;lr>'] }))
    const routes = headerOf(sentTo(B1)[0] ?? '', 'Record-Route')
    expect(shape(routes)).toEqual(['<sip:192.0.2.1:5060;lr;sdc=C>', '<sip:edge.example;lr>'])
  })
})

describe('Record-Route where the two sides differ', () => {
  it('R-10: UDP in and TCP out makes two values, the outgoing side on top', async () => {
    const harness = await startHarness({ entries: toBackend({ transport: 'TCP' }) })
    const { invite } = answerCall(harness)
    const expected = ['<sip:192.0.2.1:5060;transport=tcp;lr;sdc=C>', '<sip:192.0.2.1:5060;lr;sdc=C>']
    expect(shape(headerOf(invite, 'Record-Route'))).toEqual(expected)
  })

  it('R-10: UDP in and TCP out lets a BYE pass from each end, with both values taken off', async () => {
    const harness = await startHarness({ entries: toBackend({ transport: 'TCP' }) })
    const call = answerCall(harness)
    const bye = byeFromCaller(harness, {
      ...call,
      inDialog: { ...call.inDialog, uri: `sip:agent@${B1};transport=tcp` },
    })
    expect([bye.split('\r\n')[0], headerOf(bye, 'Route')]).toEqual([`BYE sip:agent@${B1};transport=tcp SIP/2.0`, []])
    expect(harness.packetsTo(B1).at(-1)?.transport).toBe('TCP')
    const back = byeFromBackend(harness, call, 'TCP')
    expect([back.split(' ')[0], headerOf(back, 'Route')]).toEqual(['BYE', []])
    expect(harness.packetsTo(PEER).at(-1)?.transport).toBe('UDP')
  })

  it('R-10: two advertised addresses make two values, and each side is told its own', async () => {
    const external = { host: 'sip.example', port: 5080 }
    const internal = { host: 'ingress.voice.svc', port: undefined }
    const harness = await startHarness({ engine: { external, internal } })
    const call = answerCall(harness)
    const expected = ['<sip:ingress.voice.svc:5060;lr;sdc=C>', '<sip:sip.example:5080;lr;sdc=C>']
    expect(shape(headerOf(call.invite, 'Record-Route'))).toEqual(expected)
    expect(shape(headerOf(call.ok, 'Record-Route'))).toEqual(expected)
    expect(byeFromCaller(harness, call)).toMatch(/^BYE /)
    expect(byeFromBackend(harness, call)).toMatch(/^BYE /)
  })

  it('R-10: IPv4 in and IPv6 out makes two values, and a BYE passes from each end', async () => {
    const listen = ['192.0.2.1', '2001:db8::1'].map((text) => {
      return { transport: 'UDP' as const, address: address(text), port: 5060 }
    })
    const entries = toBackend({ address: '2001:db8:5::2', port: 5080 })
    const harness = await startHarness({ entries, engine: { listen } })
    const { network, sentTo } = harness
    const backend = '[2001:db8:5::2]:5080'
    network.deliver(PEER, requestText())
    const invite = sentTo(backend)[0] ?? ''
    expect(headerOf(invite, 'Via')[0]).toMatch(/^SIP\/2\.0\/UDP \[2001:db8::1\]:5060;branch=/)
    const expected = ['<sip:[2001:db8::1]:5060;lr;sdc=C>', '<sip:192.0.2.1:5060;lr;sdc=C>']
    expect(shape(headerOf(invite, 'Record-Route'))).toEqual(expected)
    network.deliver(
      backend,
      responseText(invite, 200, { extra: [`Contact: <sip:agent@${backend}>`] }),
      'UDP',
      '[2001:db8::1]:5060',
    )
    const ok = last(harness, PEER)
    const routes = headerOf(ok, 'Record-Route')
      .reverse()
      .map((route) => `Route: ${route}`)
    const target = { uri: `sip:agent@${backend}`, to: headerOf(ok, 'To')[0] ?? '', extra: routes }
    network.deliver(PEER, requestText({ method: 'BYE', cseq: 2, branch: 'z9hG4bK-bye', ...target }))
    expect(last(harness, backend)).toMatch(`BYE sip:agent@${backend} SIP/2.0`)
    const via = `SIP/2.0/UDP ${backend};branch=z9hG4bK-back`
    network.deliver(
      backend,
      requestText({ ...backendSide({ invite, ok }), method: 'BYE', via }),
      'UDP',
      '[2001:db8::1]:5060',
    )
    expect(last(harness, PEER)).toMatch('BYE sip:+15559876543@198.51.100.7:5060 SIP/2.0')
  })

  it('R-10: no change makes one value', async () => {
    const external = { host: 'sip.example', port: undefined }
    const harness = await startHarness({ engine: { external, internal: external } })
    const { invite } = answerCall(harness)
    expect(shape(headerOf(invite, 'Record-Route'))).toEqual(['<sip:sip.example:5060;lr;sdc=C>'])
  })
})

describe('a strict router', () => {
  it('R-07: before us has put our value into the Request-URI, and the last Route is the target', async () => {
    const harness = await startHarness()
    const call = answerCall(harness)
    const own = (headerOf(call.ok, 'Record-Route')[0] ?? '').slice(1, -1)
    const bye = byeFromCaller(harness, {
      ...call,
      inDialog: { ...call.inDialog, uri: own, extra: [`Route: <sip:agent@${B1}>`] },
    })
    expect([bye.split('\r\n')[0], headerOf(bye, 'Route')]).toEqual([`BYE sip:agent@${B1} SIP/2.0`, []])
  })

  it('R-07: before us and a doubled Record-Route: both of ours go, the target is the last Route', async () => {
    const harness = await startHarness({ entries: toBackend({ transport: 'TCP' }) })
    const call = answerCall(harness)
    const [second = '', first = ''] = headerOf(call.ok, 'Record-Route')
    const extra = [`Route: ${second}, <sip:agent@${B1};transport=tcp>`]
    const bye = byeFromCaller(harness, { ...call, inDialog: { ...call.inDialog, uri: first.slice(1, -1), extra } })
    expect([bye.split('\r\n')[0], headerOf(bye, 'Route')]).toEqual([`BYE sip:agent@${B1};transport=tcp SIP/2.0`, []])
  })

  it('R-07: a first Route that is ours is taken off, and the request goes on by the next', async () => {
    const harness = await startHarness()
    const call = answerCall(harness)
    const extra = [...(call.inDialog.extra ?? []), `Route: <sip:${B1};lr>`, 'Route: <sip:10.0.0.8;lr>']
    const bye = byeFromCaller(harness, { ...call, inDialog: { ...call.inDialog, uri: 'sip:agent@far.example', extra } })
    expect([bye.split('\r\n')[0], headerOf(bye, 'Route')]).toEqual([
      'BYE sip:agent@far.example SIP/2.0',
      [`<sip:${B1};lr>`, '<sip:10.0.0.8;lr>'],
    ])
  })

  it.each([
    [
      'R-11: behind us gets its own URI as Request-URI and the target as last Route',
      '',
      ['BYE sip:10.0.0.9:5090 SIP/2.0', [`<sip:agent@${B1}>`]],
    ],
    [
      'R-11: a loose router behind us leaves both as they are',
      ';lr',
      [`BYE sip:agent@${B1} SIP/2.0`, ['<sip:10.0.0.9:5090;lr>']],
    ],
  ])('%s', async (_requirement, lr, expected) => {
    const harness = await startHarness()
    const { network, sentTo } = harness
    network.deliver(PEER, requestText())
    const invite = sentTo(B1)[0] ?? ''
    const ok = responseText(invite, 200, { extra: [`Contact: <sip:agent@${B1}>`] })
    network.deliver(B1, ok.replace('Record-Route:', `Record-Route: <sip:10.0.0.9:5090${lr}>\r\nRecord-Route:`))
    const relayed = last(harness, PEER)
    const extra = headerOf(relayed, 'Record-Route')
      .reverse()
      .map((route) => `Route: ${route}`)
    const to = headerOf(relayed, 'To')[0] ?? ''
    network.deliver(
      PEER,
      requestText({ method: 'BYE', cseq: 2, branch: 'z9hG4bK-b', uri: `sip:agent@${B1}`, to, extra }),
    )
    const bye = last(harness, '10.0.0.9:5090')
    expect([bye.split('\r\n')[0], headerOf(bye, 'Route')]).toEqual(expected)
  })
})
