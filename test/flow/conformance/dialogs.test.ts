import { describe, expect, it } from '@jest/globals'
import { answerCall, backendSide, timeline } from '../../support/answered-call.ts'
import {
  B1,
  B2,
  type Harness,
  PEER,
  routeAction,
  ruleEntry,
  startHarness,
  trunkEntry,
} from '../../support/engine-harness.ts'
import { routeLines, scriptDialog, went } from '../../support/scripted-dialog.ts'
import { headerOf, methodOf, type RequestText, requestText, responseText, statusOf } from '../../support/sip-text.ts'

function last(harness: Harness, to: string): string {
  return harness.sentTo(to).at(-1) ?? ''
}

/** A packet without what a proxy must change: our Via and Route, Max-Forwards and Max-Breadth. */
function unchanged(message: string): string[] {
  return message.split('\r\n').filter((line) => !/^(Via: SIP\/2\.0\/UDP 192|Route|Record-Route|Max-)/.test(line))
}

const METHODS = [
  'BYE',
  'INVITE',
  'UPDATE',
  'INFO',
  'PRACK',
  'REFER',
  'NOTIFY',
  'MESSAGE',
  'OPTIONS',
  'SUBSCRIBE',
  'FOO',
]

describe('an ACK to a 2xx', () => {
  it('D-01: goes by the route with a branch of its own, and is never answered', async () => {
    const harness = await startHarness()
    const { inDialog, invite } = answerCall(harness)
    const before = harness.sentTo(PEER).length
    const text = requestText({ method: 'ACK', ...inDialog, branch: 'z9hG4bK-ack', body: 'v=0\r\n' })
    harness.network.deliver(PEER, text)
    const ack = last(harness, B1)
    expect(unchanged(ack)).toEqual(unchanged(text))
    expect(headerOf(ack, 'Via')[0]).toMatch(/^SIP\/2\.0\/UDP 192\.0\.2\.1:5060;branch=z9hG4bKsd\.[\w.]+;rport$/)
    expect(headerOf(ack, 'Via')[0]).not.toBe(headerOf(invite, 'Via')[0])
    harness.clock.advance(60_000)
    expect(harness.sentTo(PEER)).toHaveLength(before)
    expect(harness.sentTo(B1).filter((sent) => methodOf(sent) === 'ACK')).toHaveLength(1)
  })

  it('D-01: passes as often as the 200 is repeated', async () => {
    const harness = await startHarness()
    const { network, sentTo } = harness
    const { inDialog, invite } = answerCall(harness)
    network.deliver(B1, responseText(invite, 200, { extra: [`Contact: <sip:agent@${B1}>`] }))
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 200, 200])
    const ack = requestText({ method: 'ACK', ...inDialog, branch: 'z9hG4bK-ack' })
    network.deliver(PEER, ack)
    network.deliver(PEER, ack)
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE', 'ACK', 'ACK'])
  })

  it('D-01: passes too where the caller gives it the branch of its INVITE', async () => {
    const harness = await startHarness()
    const { inDialog } = answerCall(harness)
    harness.network.deliver(PEER, requestText({ method: 'ACK', ...inDialog }))
    expect(harness.sentTo(B1).map(methodOf)).toEqual(['INVITE', 'ACK'])
  })

  it('D-01: passes from the backend to the caller after a re-INVITE of the backend', async () => {
    const harness = await startHarness()
    const call = answerCall(harness)
    harness.network.deliver(B1, requestText({ ...backendSide(call), method: 'ACK' }))
    expect(last(harness, PEER)).toMatch('ACK sip:+15559876543@198.51.100.7:5060 SIP/2.0')
  })
})

describe('a request inside a dialog', () => {
  it.each(METHODS)(
    'D-02: %s of the caller is forwarded, its Request-URI and body untouched, and answered',
    async (method) => {
      const harness = await startHarness()
      const { inDialog } = answerCall(harness)
      const before = harness.sentTo(PEER).length
      const extra = [...(inDialog.extra ?? []), 'Content-Type: x/y', 'X-Any: 1']
      const text = requestText({ method, cseq: 2, ...inDialog, branch: 'z9hG4bK-2', extra, body: 'body' })
      harness.network.deliver(PEER, text)
      const forwarded = last(harness, B1)
      expect(unchanged(forwarded)).toEqual(unchanged(text))
      expect(headerOf(forwarded, 'Route')).toEqual([])
      harness.network.deliver(B1, responseText(forwarded, 200, { body: 'answer' }))
      const response = last(harness, PEER)
      expect(headerOf(response, 'Via')).toEqual([`SIP/2.0/UDP ${PEER};branch=z9hG4bK-2`])
      expect(response).toMatch(/\r\n\r\nanswer$/)
      const statuses = harness.sentTo(PEER).slice(before).map(statusOf)
      expect(statuses).toEqual(method === 'INVITE' ? [100, 200] : [200])
    },
  )

  it.each(METHODS)(
    'D-02: %s of the backend is forwarded, its Request-URI and body untouched, and answered',
    async (method) => {
      const harness = await startHarness()
      const call = answerCall(harness)
      const side = backendSide(call)
      const text = requestText({ ...side, method, cseq: 9, body: 'body' })
      harness.network.deliver(B1, text)
      const forwarded = last(harness, PEER)
      expect(unchanged(forwarded)).toEqual(unchanged(text))
      expect(headerOf(forwarded, 'Route')).toEqual([])
      harness.network.deliver(PEER, responseText(forwarded, 200))
      expect(statusOf(last(harness, B1))).toBe(200)
      expect(headerOf(last(harness, B1), 'Via')).toEqual([side.via])
    },
  )

  it('D-02: no Record-Route is added, because the route set of a dialog does not change', async () => {
    const harness = await startHarness()
    const { inDialog } = answerCall(harness)
    harness.network.deliver(PEER, requestText({ cseq: 2, ...inDialog, branch: 'z9hG4bK-2' }))
    expect(headerOf(last(harness, B1), 'Record-Route')).toEqual([])
  })
})

describe('a response inside a dialog', () => {
  it.each(METHODS.flatMap((method) => [400, 480, 486, 491, 500, 503, 603].map((status) => ({ method, status }))))(
    'D-02: of $status to $method says when to try again, from either side (RFC 3261 §14.2, RFC 3311 §5.2)',
    async ({ method, status }) => {
      const dialog = scriptDialog(await startHarness())
      const extra = ['Retry-After: 7 (busy)']
      for (const [send, to, from] of [
        [dialog.fromCaller, B1, PEER],
        [dialog.fromBackend, PEER, B1],
      ] as const) {
        const request = send({ method }).find((packet) => packet.to === to)?.text ?? ''
        dialog.harness.network.deliver(to, responseText(request, status, { extra }))
        const response = last(dialog.harness, from)
        expect([statusOf(response), headerOf(response, 'Retry-After')]).toEqual([status, ['7 (busy)']])
      }
    },
  )

  it('D-07: of our own to a re-INVITE is not counted as a call that was refused', async () => {
    const dialog = scriptDialog(await startHarness())
    const before = dialog.harness.calls().length
    for (const change of [
      { maxForwards: 0 },
      { extra: ['Proxy-Require: x', ...routeLines(dialog.callerRoutes)] },
      { extra: [] },
    ]) {
      expect(went(dialog.fromCaller({ method: 'INVITE', ...change }))).toHaveLength(1)
    }
    expect(dialog.harness.calls()).toHaveLength(before)
  })

  it("D-07: of 503 pauses no backend, since it is the call's own and not its server's", async () => {
    const { harness, fromCaller } = scriptDialog(await startHarness())
    const [request] = fromCaller({ method: 'INVITE' }).slice(-1)
    harness.network.deliver(B1, responseText(request?.text ?? '', 503, { extra: ['Retry-After: 60'] }))
    harness.network.deliver(PEER, requestText({ callId: 'next', branch: 'z9hG4bK-next' }))
    expect(last(harness, B1)).toMatch(/^INVITE /)
    expect(harness.sentTo(B2)).toEqual([])
  })

  it.each(['INVITE', 'UPDATE', 'INFO'])(
    'Q-13: to %s brings no cookie over, though its sender copies the Record-Route of the call; that of others passes',
    async (method) => {
      const dialog = scriptDialog(await startHarness())
      const request = dialog.fromCaller({ method }).find((packet) => packet.to === B1)?.text ?? ''
      const other = '<sip:10.0.0.9;lr>'
      const extra = [
        `Record-Route: ${other}, ${dialog.backendRoutes[0]}`,
        ...dialog.backendRoutes.map((value) => `Record-Route: ${value.replace('sdc=', 'S%64c=')}`),
      ]
      dialog.harness.network.deliver(B1, responseText(request, 200, { extra }))
      const response = last(dialog.harness, PEER)
      expect([statusOf(response), headerOf(response, 'Record-Route')]).toEqual([200, [other]])
    },
  )
})

describe('a target refresh', () => {
  /** B1 moves to another Contact by a re-INVITE; then the caller hangs up. Gives who got the BYE. */
  async function byeAfterMove(target: string, change: Parameters<typeof routeAction>[0] = {}) {
    const harness = await startHarness({ entries: [trunkEntry(), ruleEntry({ action: routeAction(change) })] })
    const { network, sentTo } = harness
    const call = answerCall(harness)
    network.deliver(B1, requestText({ ...backendSide(call), method: 'INVITE', cseq: 9, contact: `<${target}>` }))
    expect(headerOf(last(harness, PEER), 'Contact')).toEqual([`<${target}>`])
    network.deliver(PEER, responseText(last(harness, PEER), 200))
    expect(statusOf(last(harness, B1))).toBe(200)
    network.deliver(PEER, requestText({ method: 'BYE', cseq: 2, ...call.inDialog, uri: target, branch: 'z9hG4bK-bye' }))
    const bye = harness.network.sent.at(-1)
    expect(bye?.text.split('\r\n')[0]).toBe(`BYE ${target} SIP/2.0`)
    network.deliver(bye?.to ?? '', responseText(bye?.text ?? '', 200))
    expect(statusOf(last(harness, PEER))).toBe(200)
    expect(sentTo(B2)).toEqual([])
    return bye?.to
  }

  it('D-03: inside contactNetworks is followed', async () => {
    expect(await byeAfterMove('sip:agent@10.7.7.7:6000', { contactNetworks: ['10.7.0.0/16'] })).toBe('10.7.7.7:6000')
  })

  it('D-03: outside contactNetworks reaches the signed target, its Request-URI untouched', async () => {
    expect(await byeAfterMove('sip:agent@10.8.7.7:6000', { contactNetworks: ['10.7.0.0/16'] })).toBe(B1)
  })

  it.each(['sip:agent@pbx.example', 'sip:agent@10.7.7.7:6000;transport=tls', 'sips:agent@10.7.7.7'])(
    'D-03: to %s, where we cannot go, reaches the signed target',
    async (target) => {
      expect(await byeAfterMove(target, { contactNetworks: ['10.7.0.0/16'] })).toBe(B1)
    },
  )

  it('D-03: of the caller is followed by the backend, wherever it is', async () => {
    const harness = await startHarness()
    const call = answerCall(harness)
    const uri = 'sip:+15559876543@198.51.100.9:7000'
    harness.network.deliver(B1, requestText({ ...backendSide(call), method: 'BYE', cseq: 9, uri }))
    expect(harness.sentTo('198.51.100.9:7000').map(methodOf)).toEqual(['BYE'])
  })

  it('D-03: of the caller to a name reaches its packet source', async () => {
    const harness = await startHarness()
    const call = answerCall(harness)
    harness.network.deliver(B1, requestText({ ...backendSide(call), method: 'BYE', uri: 'sip:phone@home.example' }))
    expect(last(harness, PEER)).toMatch('BYE sip:phone@home.example SIP/2.0')
  })

  it('D-03: the target that is signed is the Contact of the answer, not the place that the INVITE went to', async () => {
    const harness = await startHarness()
    const { network, sentTo } = harness
    network.deliver(PEER, requestText())
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 200, { extra: ['Contact: <sip:agent@10.44.0.1:6000>'] }))
    const ok = last(harness, PEER)
    const extra = headerOf(ok, 'Record-Route').map((route) => `Route: ${route}`)
    const bye = { method: 'BYE', cseq: 2, branch: 'z9hG4bK-2', to: headerOf(ok, 'To')[0] ?? '', extra }
    network.deliver(PEER, requestText({ ...bye, uri: 'sip:agent@10.44.0.1:6000' }))
    expect(sentTo('10.44.0.1:6000').map(methodOf)).toEqual(['BYE'])
  })

  it('D-03: the caller alone cannot name a target: a foreign Request-URI goes to the signed one', async () => {
    const harness = await startHarness()
    const { inDialog } = answerCall(harness)
    harness.network.deliver(PEER, requestText({ method: 'BYE', cseq: 2, ...inDialog, uri: 'sip:x@203.0.113.66:5060' }))
    expect(harness.sentTo('203.0.113.66:5060')).toEqual([])
    expect(last(harness, B1)).toMatch('BYE sip:x@203.0.113.66:5060 SIP/2.0')
  })
})

describe('an early dialog', () => {
  /** B1 has sent a provisional response; gives what the caller needs to send requests in it. */
  async function early(extra: readonly string[]) {
    const harness = await startHarness()
    harness.network.deliver(PEER, requestText({ extra: ['Supported: 100rel, timer'] }))
    const contact = `Contact: <sip:agent@${B1}>`
    harness.network.deliver(B1, responseText(harness.sentTo(B1)[0] ?? '', 183, { extra: [contact, ...extra] }))
    const progress = last(harness, PEER)
    const routes = headerOf(progress, 'Record-Route').map((route) => `Route: ${route}`)
    const inDialog: RequestText = { uri: `sip:agent@${B1}`, to: headerOf(progress, 'To')[0] ?? '', extra: routes }
    return { harness, progress, inDialog }
  }

  it('D-05: a reliable 183 passes with RSeq, and its PRACK arrives by the cookie in it', async () => {
    const { harness, progress, inDialog } = await early(['Require: 100rel', 'RSeq: 17'])
    expect([headerOf(progress, 'Require'), headerOf(progress, 'RSeq')]).toEqual([['100rel'], ['17']])
    const extra = [...(inDialog.extra ?? []), 'RAck: 17 1 INVITE']
    harness.network.deliver(PEER, requestText({ method: 'PRACK', cseq: 2, ...inDialog, branch: 'z9hG4bK-p', extra }))
    const prack = last(harness, B1)
    expect([methodOf(prack), headerOf(prack, 'RAck')]).toEqual(['PRACK', ['17 1 INVITE']])
    harness.network.deliver(B1, responseText(prack, 200))
    expect(statusOf(last(harness, PEER))).toBe(200)
  })

  it('D-06: an early UPDATE passes both ways', async () => {
    const { harness, progress, inDialog } = await early([])
    harness.network.deliver(PEER, requestText({ method: 'UPDATE', cseq: 2, ...inDialog, branch: 'z9hG4bK-u' }))
    expect(methodOf(last(harness, B1))).toBe('UPDATE')
    const side = backendSide({ invite: harness.sentTo(B1)[0] ?? '', ok: progress })
    harness.network.deliver(B1, requestText({ ...side, method: 'UPDATE', cseq: 5 }))
    expect(methodOf(last(harness, PEER))).toBe('UPDATE')
  })

  it('D-06: Session-Expires, Min-SE and a 422 pass untouched', async () => {
    const harness = await startHarness()
    const extra = ['Session-Expires: 60;refresher=uac', 'Min-SE: 60']
    harness.network.deliver(PEER, requestText({ extra }))
    const invite = harness.sentTo(B1)[0] ?? ''
    expect([headerOf(invite, 'Session-Expires'), headerOf(invite, 'Min-SE')]).toEqual([['60;refresher=uac'], ['60']])
    harness.network.deliver(B1, responseText(invite, 422, { extra: ['Min-SE: 90'] }))
    const refusal = last(harness, PEER)
    expect([statusOf(refusal), headerOf(refusal, 'Min-SE')]).toEqual([422, ['90']])
  })
})

describe('a re-INVITE', () => {
  async function reInvite() {
    const harness = await startHarness()
    const { inDialog } = answerCall(harness)
    harness.network.sent.length = 0
    harness.network.deliver(PEER, requestText({ cseq: 2, ...inDialog, branch: 'z9hG4bK-re' }))
    return harness
  }

  it('D-07: has full transactions: it is repeated, and gives 408 to the caller when B1 is dead, with no failover', async () => {
    const { clock, packetsTo } = await reInvite()
    clock.advance(40_000)
    expect(timeline(packetsTo(B1)).map((line) => line.split(' ')[0])).toEqual([
      '0',
      '0.5',
      '1.5',
      '3.5',
      '7.5',
      '15.5',
      '31.5',
    ])
    expect(timeline(packetsTo(PEER)).slice(0, 2)).toEqual(['0 100', '32 408'])
    expect(packetsTo(B2)).toEqual([])
  })

  it('D-07: a refusal of B1 goes up as it is, and is acknowledged on both sides', async () => {
    const { network, sentTo } = await reInvite()
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 491))
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 491])
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE', 'ACK'])
  })

  it('D-07: is cancelled like a first INVITE', async () => {
    const { network, sentTo } = await reInvite()
    const invite = sentTo(B1)[0] ?? ''
    network.deliver(B1, responseText(invite, 100))
    network.deliver(PEER, requestText({ method: 'CANCEL', cseq: 2, branch: 'z9hG4bK-re' }))
    expect(sentTo(B1).map(methodOf)).toEqual(['INVITE', 'CANCEL'])
    network.deliver(B1, responseText(invite, 487))
    expect(sentTo(PEER).map(statusOf)).toEqual([100, 200, 487])
  })

  it('D-07: has Timer C', async () => {
    const { network, sentTo, packetsTo, clock } = await reInvite()
    network.deliver(B1, responseText(sentTo(B1)[0] ?? '', 183))
    clock.advance(186_000)
    expect(timeline(packetsTo(B1)).slice(0, 2)).toEqual(['0 INVITE', '185 CANCEL'])
  })
})
