import { describe, expect, it } from '@jest/globals'
import {
  MAX_STREAM_FAILURES,
  STREAM_ALTERNATIVE_CONNECT_MS,
  STREAM_FAILURE_MS,
  STREAM_RETRY_CONNECT_MS,
} from '../../../ingress/sip/limits.ts'
import { answerCall, backendSide } from '../../support/answered-call.ts'
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
import type { SentPacket } from '../../support/memory-network.ts'
import { headerOf, methodOf, requestText, responseText, statusOf } from '../../support/sip-text.ts'

const BODY = 'v=0\r\n'.padEnd(1400, 'a')

/** How TCP fails, and after how many milliseconds. */
const FAILURES = [
  ['refused', (harness: Harness, at: string) => harness.network.refuse(at, ['TCP']), 0],
  [
    'swallowed',
    (harness: Harness, at: string) => harness.network.swallowConnections(at),
    STREAM_ALTERNATIVE_CONNECT_MS,
  ],
] as const

const METHODS = ['ACK', 'BYE', 'INFO', 'UPDATE', 'NOTIFY', 'MESSAGE', 'PRACK', 'REFER', 'INVITE']

const branchOf = ({ text }: SentPacket): string => /branch=([^;\r]+)/.exec(headerOf(text, 'Via')[0] ?? '')?.[1] ?? ''
const over = (harness: Harness, at: string, method: string): readonly SentPacket[] =>
  harness.packetsTo(at).filter(({ text }) => methodOf(text) === method && text.includes(BODY))

/** The datagram that a large request has become, once whatever is tried before has failed. */
function datagram(harness: Harness, at: string, method: string): SentPacket {
  const [last] = over(harness, at, method).filter(({ transport }) => transport === 'UDP')
  if (!last) throw new Error(`no ${method} by UDP`)
  expect(headerOf(last.text, 'Via')[0]).toMatch(/^SIP\/2\.0\/UDP 192\.0\.2\.1:5060;/)
  return last
}

describe.each(FAILURES)('a request above 1300 bytes inside a dialog where TCP is %s', (_how, fail, ms) => {
  it.each(METHODS)('T-06: goes to the backend by UDP: %s', async (method) => {
    const harness = await startHarness()
    const { inDialog } = answerCall(harness)
    const since = harness.clock.now()
    fail(harness, B1)
    harness.network.deliver(PEER, requestText({ method, cseq: 2, ...inDialog, body: BODY, branch: 'z9hG4bK-large' }))
    harness.clock.advance(ms)
    const sent = datagram(harness, B1, method)
    expect(sent.at - since).toBe(ms)
    if (method === 'ACK') return
    harness.network.deliver(B1, responseText(sent.text, 200))
    expect(harness.sentTo(PEER).map(statusOf).at(-1)).toBe(200)
  })

  it.each(METHODS)('T-06: goes to the caller by UDP: %s', async (method) => {
    const harness = await startHarness()
    const call = answerCall(harness)
    fail(harness, PEER)
    harness.network.deliver(B1, requestText({ ...backendSide(call), method, cseq: 7, body: BODY }))
    harness.clock.advance(ms)
    const sent = datagram(harness, PEER, method)
    if (method === 'ACK') return
    harness.network.deliver(PEER, responseText(sent.text, 488))
    expect(harness.sentTo(B1).map(statusOf).at(-1)).toBe(488)
  })

  it('T-06: a new INVITE goes by UDP within the time of its backend, and that time begins once', async () => {
    const harness = await startHarness()
    fail(harness, B1)
    harness.network.deliver(PEER, requestText({ body: BODY }))
    harness.clock.advance(ms)
    expect(datagram(harness, B1, 'INVITE').at).toBe(ms)
    harness.clock.advance(1999 - ms)
    expect(harness.sentTo(B2)).toEqual([])
    harness.clock.advance(10)
    expect(harness.packetsTo(B2).map(({ transport }) => transport)).toEqual(['TCP'])
  })

  it('T-06: a backend with little time is tried by UDP in the second half of it', async () => {
    const action = routeAction({ backendTimeout: 400 })
    const harness = await startHarness({ entries: [trunkEntry(), ruleEntry({ action })] })
    fail(harness, B1)
    harness.network.deliver(PEER, requestText({ body: BODY }))
    harness.clock.advance(Math.min(ms, 200))
    expect(datagram(harness, B1, 'INVITE').at).toBe(Math.min(ms, 200))
    harness.clock.advance(190)
    expect(harness.sentTo(B2)).toEqual([])
  })

  it('T-06: the CANCEL of such an INVITE goes where the INVITE went', async () => {
    const harness = await startHarness()
    fail(harness, B1)
    harness.network.deliver(PEER, requestText({ body: BODY }))
    harness.clock.advance(ms)
    const invite = datagram(harness, B1, 'INVITE')
    harness.network.deliver(B1, responseText(invite.text, 180))
    harness.network.deliver(PEER, requestText({ method: 'CANCEL' }))
    const cancel = harness.packetsTo(B1).find(({ text }) => methodOf(text) === 'CANCEL')
    expect(cancel).toMatchObject({ transport: 'UDP' })
    expect(headerOf(cancel?.text ?? '', 'Via')).toEqual(headerOf(invite.text, 'Via').slice(0, 1))
    harness.network.deliver(B1, responseText(invite.text, 487))
    expect(harness.packetsTo(B1).at(-1)).toMatchObject({ transport: 'UDP', text: expect.stringMatching(/^ACK /) })
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([100, 180, 200, 487])
  })

  it('T-06: where the URI names TCP, nothing is tried by UDP', async () => {
    const harness = await startHarness()
    const { inDialog } = answerCall(harness)
    fail(harness, B1)
    const uri = `sip:agent@${B1};transport=tcp`
    harness.network.deliver(PEER, requestText({ method: 'INFO', cseq: 2, ...inDialog, uri, body: BODY }))
    harness.clock.advance(10_000)
    expect(over(harness, B1, 'INFO').filter(({ transport }) => transport === 'UDP')).toEqual([])
    expect(harness.sentTo(PEER).map(statusOf).at(-1)).toBe(500)
  })
})

describe('a request that TCP may have delivered before it failed', () => {
  it.each(['INVITE', 'INFO', 'BYE'])(
    'T-06: is repeated by UDP with its branch, so that a peer sees a repeat: %s',
    async (method) => {
      const harness = await startHarness()
      const { inDialog } = answerCall(harness)
      harness.network.refuse(B1, ['TCP'])
      harness.network.deliver(PEER, requestText({ method, cseq: 2, ...inDialog, body: BODY, branch: 'z9hG4bK-large' }))
      harness.clock.advance(0)
      const [stream, last] = over(harness, B1, method)
      expect([stream?.transport, last?.transport]).toEqual(['TCP', 'UDP'])
      expect(stream && last && branchOf(stream)).toBe(last && branchOf(last))
    },
  )

  it('T-06: is answered once, over whichever of the two', async () => {
    const harness = await startHarness()
    harness.network.refuse(B1, ['TCP'])
    harness.network.deliver(PEER, requestText({ body: BODY }))
    harness.clock.advance(0)
    const [stream] = over(harness, B1, 'INVITE')
    harness.network.deliver(B1, responseText(stream?.text ?? '', 486), 'TCP')
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([100, 486])
    harness.clock.advance(400_000)
    expect(harness.engine.openTransactions).toBe(0)
  })

  it('T-06: counts as unreachable where UDP fails too', async () => {
    const harness = await startHarness()
    const { inDialog } = answerCall(harness)
    harness.network.refuse(B1)
    harness.network.deliver(PEER, requestText({ method: 'INFO', cseq: 2, ...inDialog, body: BODY }))
    harness.clock.advance(0)
    expect(harness.sentTo(PEER).map(statusOf).at(-1)).toBe(500)
    harness.network.deliver(PEER, requestText({ method: 'ACK', ...inDialog, body: BODY }))
    harness.clock.advance(0)
    expect(harness.events).toContainEqual(expect.objectContaining({ type: 'fault', code: 'ack-not-sent' }))
  })
})

describe('a destination that swallows connections', () => {
  /** Milliseconds until a large INFO has gone out by UDP. */
  function waited(harness: Harness, info: Parameters<typeof requestText>[0], number: number): number {
    const since = harness.clock.now()
    harness.network.deliver(PEER, requestText({ ...info, cseq: 10 + number, branch: `z9hG4bK-info-${number}` }))
    harness.clock.advance(STREAM_ALTERNATIVE_CONNECT_MS)
    const sent = over(harness, B1, 'INFO').find(({ text }) => text.includes(`CSeq: ${10 + number} INFO`))
    if (sent) harness.network.deliver(B1, responseText(sent.text, 200))
    return (sent?.at ?? Number.NaN) - since
  }

  it('T-06: makes the first large request wait, and the next ones hardly, for a while', async () => {
    const harness = await startHarness()
    const info = { method: 'INFO', ...answerCall(harness).inDialog, body: BODY }
    harness.network.swallowConnections(B1)
    const waits = [1, 2, 3].map((number) => waited(harness, info, number))
    expect(waits).toEqual([STREAM_ALTERNATIVE_CONNECT_MS, STREAM_RETRY_CONNECT_MS, STREAM_RETRY_CONNECT_MS])
    harness.clock.advance(STREAM_FAILURE_MS)
    expect(waited(harness, info, 4)).toBe(STREAM_ALTERNATIVE_CONNECT_MS)
  })

  it('T-06: is found to take connections again', async () => {
    const harness = await startHarness()
    const { inDialog } = answerCall(harness)
    harness.network.swallowConnections(B1)
    waited(harness, { method: 'INFO', ...inDialog, body: BODY }, 1)
    harness.network.takeConnections(B1)
    harness.network.deliver(PEER, requestText({ method: 'UPDATE', ...inDialog, cseq: 30, body: BODY }))
    expect(over(harness, B1, 'UPDATE').map(({ transport }) => transport)).toEqual(['TCP'])
  })

  it('T-06: is forgotten where there are more of them than are remembered', async () => {
    const networks = routeAction({ contactNetworks: ['10.0.0.0/8'] })
    const harness = await startHarness({ entries: [trunkEntry(), ruleEntry({ action: networks })] })
    const { inDialog } = answerCall(harness)
    for (let at = 0; at <= MAX_STREAM_FAILURES; at++) {
      const place = `10.1.${at >> 8}.${at & 255}:5060`
      harness.network.swallowConnections(place)
      const uri = `sip:agent@${place}`
      harness.network.deliver(PEER, requestText({ method: 'ACK', ...inDialog, uri, body: BODY }))
      harness.clock.advance(STREAM_ALTERNATIVE_CONNECT_MS / 1000)
    }
    harness.clock.advance(STREAM_ALTERNATIVE_CONNECT_MS)
    const [first, second] = ['10.1.0.0:5060', '10.1.0.1:5060']
    const since = harness.clock.now()
    for (const place of [first, second]) {
      harness.network.deliver(PEER, requestText({ method: 'ACK', ...inDialog, uri: `sip:agent@${place}`, body: BODY }))
    }
    harness.clock.advance(STREAM_ALTERNATIVE_CONNECT_MS)
    const waits = [first, second].map((place) => (over(harness, place ?? '', 'ACK').at(-1)?.at ?? 0) - since)
    expect(waits).toEqual([STREAM_ALTERNATIVE_CONNECT_MS, STREAM_RETRY_CONNECT_MS])
  })
})

describe('the answer to an INVITE that went over TCP for its size', () => {
  it('T-06: does not keep later requests on TCP where the backend names no address to call', async () => {
    const harness = await startHarness()
    harness.network.deliver(PEER, requestText({ body: BODY }))
    const invite = harness.sentTo(B1)[0] ?? ''
    harness.network.deliver(B1, responseText(invite, 200, { extra: ['Contact: <sip:agent@pbx.example>'] }), 'TCP')
    const ok = harness.sentTo(PEER).find((text) => statusOf(text) === 200) ?? ''
    const extra = headerOf(ok, 'Record-Route').map((route) => `Route: ${route}`)
    const dialog = { uri: 'sip:agent@pbx.example', to: headerOf(ok, 'To')[0] ?? '', extra }
    harness.network.deliver(PEER, requestText({ method: 'ACK', ...dialog }))
    expect(harness.packetsTo(B1).at(-1)).toMatchObject({ transport: 'UDP', text: expect.stringMatching(/^ACK /) })
  })
})
