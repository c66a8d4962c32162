import { describe, expect, it } from '@jest/globals'
import { parseIpAddress } from '../../../ingress/address/ip-address.ts'
import { STREAM_ALTERNATIVE_CONNECT_MS } from '../../../ingress/sip/limits.ts'
import { type AnsweredCall, backendSide } from '../../support/answered-call.ts'
import { B1, ENGINE, type Harness, STRANGER, startHarness } from '../../support/engine-harness.ts'
import { headerOf, methodOf, type RequestText, requestText, responseText, statusOf } from '../../support/sip-text.ts'

const OTHER_POD = '192.0.2.2:5060'
/** The port that the other pod's connection to the first one has. */
const POD_LINK = '192.0.2.2:40001'
/** The caller's end of its connection, a port that nobody can connect to; and one where it listens. */
const CALLER = '198.51.100.7:50111'
const LISTENING = '198.51.100.7:5060'
const METHODS = ['BYE', 'ACK', 'INFO', 'UPDATE', 'INVITE', 'NOTIFY']

function pod(at = ENGINE): Promise<Harness> {
  const [host = '', port = ''] = at.split(':')
  const address = parseIpAddress(host)
  if (!address) throw new Error(at)
  const listen = (['UDP', 'TCP'] as const).map((transport) => ({ transport, address, port: Number(port) }))
  return startHarness({ engine: { listen } })
}

/** A call over a connection to the first pod, answered. */
function answered(first: Harness, contact: string): Pick<AnsweredCall, 'invite' | 'ok'> {
  const via = `SIP/2.0/TCP ${CALLER};branch=z9hG4bK-caller-1`
  first.network.connected.add(CALLER)
  first.network.deliver(CALLER, requestText({ via, contact: `<${contact}>` }), 'TCP')
  const invite = first.sentTo(B1)[0] ?? ''
  first.network.deliver(B1, responseText(invite, 200, { extra: [`Contact: <sip:agent@${B1}>`] }))
  return { invite, ok: first.sentTo(CALLER).find((text) => statusOf(text) === 200) ?? '' }
}

interface Scene {
  readonly first: Harness
  readonly second: Harness
  /** What the backend sends inside the call. */
  readonly inside: RequestText
}

async function scene(contact = `sip:caller@${CALLER};transport=tcp`): Promise<Scene> {
  const [first, second] = [await pod(), await pod(OTHER_POD)]
  return { first, second, inside: { ...backendSide(answered(first, contact)), uri: contact } }
}

/** Carries what the second pod has sent to the first. */
function carry({ first, second }: Scene): string {
  const text = second.sentTo(ENGINE).at(-1) ?? ''
  first.network.deliver(POD_LINK, text, 'TCP')
  return text
}

describe("a backend's request at a pod that does not have the caller's connection", () => {
  it.each(METHODS)('D-02: goes over the pod that has it, and its answer comes back: %s', async (method) => {
    const at = await scene()
    const { first, second, inside } = at
    second.network.deliver(B1, requestText({ ...inside, method, cseq: 7 }))
    expect(second.sentTo(CALLER)).toEqual([])
    const handed = carry(at)
    expect(second.packetsTo(ENGINE)).toMatchObject([{ transport: 'TCP' }])
    expect(headerOf(handed, 'Route')).toEqual((inside.extra ?? []).map((line) => line.replace('Route: ', '')))
    const reached = first.sentTo(CALLER).find((text) => methodOf(text) === method) ?? ''
    expect(headerOf(reached, 'Route')).toEqual([])
    expect(headerOf(reached, 'Via')).toHaveLength(3)
    if (method === 'ACK') return
    first.network.deliver(CALLER, responseText(reached, 200), 'TCP')
    second.network.deliver(ENGINE, first.sentTo(POD_LINK).at(-1) ?? '', 'TCP')
    expect(second.sentTo(B1).map(statusOf).at(-1)).toBe(200)
  })

  it.each([
    ['without a transport', `sip:caller@${CALLER}`],
    ['as a name', 'sip:caller@phone.example'],
  ])('D-02: does so where the Contact is written %s', async (_how, contact) => {
    const at = await scene(contact)
    at.second.network.deliver(B1, requestText({ ...at.inside, method: 'BYE', cseq: 7 }))
    carry(at)
    expect(at.first.sentTo(CALLER).map(methodOf)).toContain('BYE')
  })

  it('D-02: CANCEL of a re-INVITE takes the same way', async () => {
    const at = await scene()
    const reInvite = { ...at.inside, cseq: 7 }
    at.second.network.deliver(B1, requestText(reInvite))
    carry(at)
    const reached = at.first.sentTo(CALLER).find((text) => methodOf(text) === 'INVITE') ?? ''
    at.first.network.deliver(CALLER, responseText(reached, 180), 'TCP')
    at.second.network.deliver(ENGINE, at.first.sentTo(POD_LINK).at(-1) ?? '', 'TCP')
    at.second.network.deliver(B1, requestText({ ...reInvite, method: 'CANCEL' }))
    carry(at)
    expect(at.first.sentTo(CALLER).map(methodOf)).toContain('CANCEL')
  })

  it('D-02: is handed over once: a pod that has it from another connects by itself, whoever it is', async () => {
    const { second, inside, first } = await scene()
    const third = await pod('192.0.2.3:5060')
    second.network.deliver(B1, requestText({ ...inside, method: 'BYE', cseq: 7 }))
    third.network.deliver(POD_LINK, second.sentTo(ENGINE).at(-1) ?? '', 'TCP')
    expect(third.sentTo(ENGINE)).toEqual([])
    expect(third.sentTo(CALLER).map(methodOf)).toEqual(['BYE'])
    first.network.connected.clear()
    first.network.deliver(POD_LINK, second.sentTo(ENGINE).at(-1) ?? '', 'TCP')
    expect(first.sentTo(CALLER).map(methodOf)).toContain('BYE')
  })

  it.each(METHODS)('D-02: goes to the address itself where that pod is gone: %s', async (method) => {
    for (const fails of ['refuse', 'swallowConnections'] as const) {
      const { second, inside } = await scene()
      second.network[fails](ENGINE)
      second.network.deliver(B1, requestText({ ...inside, method, cseq: 7 }))
      second.clock.advance(STREAM_ALTERNATIVE_CONNECT_MS)
      expect(second.packetsTo(CALLER)).toMatchObject([{ transport: 'TCP', text: expect.stringMatching(`^${method} `) }])
    }
  })

  it('D-02: an ACK is not repeated, nor called lost, when the connection to the pod ends for being idle', async () => {
    const { second, inside } = await scene()
    second.network.deliver(B1, requestText({ ...inside, method: 'ACK', cseq: 7 }))
    second.clock.advance(5000)
    second.network.endConnections(ENGINE)
    second.clock.advance(5000)
    expect(second.network.sent.map(({ to }) => to)).toEqual([ENGINE])
    expect(second.events.filter(({ type }) => type === 'fault')).toEqual([])
  })

  it('D-02: an ACK goes to the address itself where the connection to the pod ends at once', async () => {
    const { second, inside } = await scene()
    second.network.deliver(B1, requestText({ ...inside, method: 'ACK', cseq: 7 }))
    second.network.endConnections(ENGINE)
    expect(second.network.sent.map(({ to }) => to)).toEqual([ENGINE, CALLER])
  })

  it.each(METHODS)('D-02: is told where neither can be reached: %s', async (method) => {
    const { second, inside } = await scene()
    for (const at of [ENGINE, CALLER]) second.network.refuse(at)
    second.network.deliver(B1, requestText({ ...inside, method, cseq: 7 }))
    second.clock.advance(1)
    if (method === 'ACK') return expect(second.events).toContainEqual(expect.objectContaining({ code: 'ack-not-sent' }))
    expect(second.sentTo(B1).map(statusOf).at(-1)).toBe(500)
  })

  it('D-02: goes to a port where the caller listens before it goes to the pod', async () => {
    const at = await scene(`sip:caller@${LISTENING};transport=tcp`)
    at.second.network.deliver(B1, requestText({ ...at.inside, method: 'BYE', cseq: 7 }))
    expect(at.second.packetsTo(LISTENING)).toMatchObject([{ transport: 'TCP' }])
    expect(at.second.sentTo(ENGINE)).toEqual([])
  })

  it('D-02: goes to the pod where nobody listens at that port after all', async () => {
    const at = await scene(`sip:caller@${LISTENING};transport=tcp`)
    at.second.network.refuse(LISTENING)
    at.second.network.deliver(B1, requestText({ ...at.inside, method: 'BYE', cseq: 7 }))
    at.second.clock.advance(1)
    carry(at)
    expect(at.first.sentTo(CALLER).map(methodOf)).toContain('BYE')
  })

  it('D-02: goes over a connection of its own where it has one', async () => {
    const { second, inside } = await scene()
    second.network.connected.add(CALLER)
    second.network.deliver(B1, requestText({ ...inside, method: 'BYE', cseq: 7 }))
    expect(second.sentTo(ENGINE)).toEqual([])
    expect(second.sentTo(CALLER).map(methodOf)).toEqual(['BYE'])
  })

  it('D-02: reaches no pod by a cookie that was changed, and none for a caller over UDP', async () => {
    const { second, inside } = await scene()
    const extra = (inside.extra ?? []).map((line) =>
      line.replace(/sdc=./, (text) => (text === 'sdc=A' ? 'sdc=B' : 'sdc=A')),
    )
    second.network.deliver(B1, requestText({ ...inside, extra, method: 'BYE', cseq: 7 }))
    expect(second.network.sent.map(({ to, text }) => [to, statusOf(text)])).toEqual([[B1, 481]])
    const udp = await pod()
    udp.network.deliver(LISTENING, requestText())
    const invite = udp.sentTo(B1)[0] ?? ''
    const tcp = (await scene()).inside.extra?.join('') ?? ''
    expect(headerOf(invite, 'Record-Route')[0]?.length).toBeLessThan(tcp.length)
  })

  it('D-02: a stranger who has the cookie gets no further than the caller', async () => {
    const { second, inside } = await scene()
    const uri = 'sip:victim@203.0.113.50:5060;transport=tcp'
    second.network.deliver(STRANGER, requestText({ ...inside, uri, method: 'BYE', cseq: 7 }))
    expect(second.network.sent.map(({ to }) => to)).toEqual([ENGINE])
  })
})
