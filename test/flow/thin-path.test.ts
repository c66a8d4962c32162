import { describe, expect, it } from '@jest/globals'
import { B1, ENGINE, PEER, STRANGER, startHarness } from '../support/engine-harness.ts'
import { headerOf, requestText, responseText, statusOf } from '../support/sip-text.ts'

describe('one INVITE through the whole ingress', () => {
  it('is answered with 503 and a reason where no rule matches', async () => {
    const { network, sentTo, calls } = await startHarness()
    network.deliver(PEER, requestText({ uri: 'sip:+4930123456@192.0.2.1' }))
    expect(sentTo(PEER).map(statusOf)).toEqual([503])
    expect(headerOf(sentTo(PEER)[0] ?? '', 'Warning')).toEqual(['399 192.0.2.1:5060 "no_rule id1"'])
    expect(calls()).toMatchObject([
      { outcome: 'no_rule', trunk: 'default/carrier', noRuleReason: 'called', status: 503 },
    ])
  })

  it('is met with silence from a stranger', async () => {
    const { network, calls, clock } = await startHarness()
    network.deliver(STRANGER, requestText())
    clock.advance(60_000)
    expect(network.sent).toEqual([])
    expect(calls()).toMatchObject([{ outcome: 'auth_drop', trunk: '', status: 0 }])
  })

  it('is forwarded, answered, acknowledged and hung up along the recorded route', async () => {
    const { network, sentTo, calls, clock } = await startHarness()
    network.deliver(PEER, requestText())
    expect(sentTo(PEER).map(statusOf)).toEqual([100])
    const [invite = ''] = sentTo(B1)
    expect(invite).toContain('INVITE sip:+15551234567@10.0.0.1:5080 SIP/2.0')
    network.deliver(B1, responseText(invite, 180))
    network.deliver(B1, responseText(invite, 200, { extra: ['Contact: <sip:agent@10.0.0.1:5080>'] }))
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 180, 200])
    const ok = sentTo(PEER)[2] ?? ''
    const [route = ''] = headerOf(ok, 'Record-Route')
    const inDialog = { uri: 'sip:agent@10.0.0.1:5080', to: headerOf(ok, 'To')[0] ?? '', extra: [`Route: ${route}`] }
    network.deliver(PEER, requestText({ method: 'ACK', branch: 'z9hG4bK-ack', ...inDialog }))
    network.deliver(PEER, requestText({ method: 'BYE', branch: 'z9hG4bK-bye', cseq: 2, ...inDialog }))
    const [, ack = '', bye = ''] = sentTo(B1)
    expect([ack, bye].map((text) => text.split(' ')[0])).toEqual(['ACK', 'BYE'])
    network.deliver(B1, responseText(bye, 200))
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 180, 200, 200])
    clock.advance(64_000)
    expect(calls()).toMatchObject([{ outcome: 'forwarded', status: 200, backend: `sip:${B1}`, rule: 'default/route' }])
    expect(ENGINE).toBe('192.0.2.1:5060')
  })
})
