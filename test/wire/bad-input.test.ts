import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { malformedPackets } from '../support/malformed-packet.ts'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { describeWith } from '../support/real-part.ts'
import { type SipBackend, startSipBackend } from '../support/sip-backend.ts'
import { headerOf, type RequestText, requestText, statusOf } from '../support/sip-text.ts'
import { runCaller, scenarioFile } from '../support/sipp-caller.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { type DatagramPeer, openDatagramPeer, openStreamPeer, type StreamPeer } from '../support/wire-socket.ts'

const PEER = '127.0.0.1'
const NUMBER = '+15550000601'
const CALLS = 60

describeWith(['sipp'], 'bad input from a known peer, while calls go on', () => {
  let ingress: StandaloneProcess
  let backend: SipBackend
  let ids = 0

  beforeAll(async () => {
    backend = await startSipBackend({ scenario: scenarioFile('uas-answer-200') })
    ingress = await startStandalone({
      manifests: [
        sipTrunk('carrier', { sources: [PEER] }),
        dispatchRule('route', NUMBER, routeTo([backend.uri])),
        dispatchRule('reject', '+15550000602', { type: 'Reject', reject: { status: 404 } }),
      ],
    })
  })

  afterAll(async () => {
    const faults = ingress.log.filter(({ msg }) => msg === 'fault')
    expect(await ingress.stop()).toEqual([0, null])
    expect(faults).toEqual([])
    await backend.stop()
  })

  /** Calls go through from before until after `disturb`, every one of them. */
  async function callsGoOnWhile(disturb: () => Promise<void>): Promise<void> {
    const calling = runCaller({ scenario: 'uac-expect-200', port: ingress.udp, number: NUMBER, calls: CALLS, rate: 40 })
    await disturb()
    const caller = await calling
    expect(caller).toMatchObject({ exitCode: 0, errors: '' })
    expect(caller.stats.get('SuccessfulCall(C)')).toBe(String(CALLS))
  }

  /** An INVITE that the rule rejects with 404. */
  function rejected(change: RequestText, transport: 'UDP' | 'TCP', port: number): string {
    const id = `bad-${++ids}`
    const via = `SIP/2.0/${transport} 127.0.0.1:${port};branch=z9hG4bK-${id}`
    return requestText({ uri: 'sip:+15550000602@127.0.0.1', via, callId: id, ...change })
  }

  async function withDatagrams(use: (peer: DatagramPeer) => Promise<void>): Promise<void> {
    const peer = await openDatagramPeer(PEER)
    try {
      await use(peer)
    } finally {
      peer.close()
    }
  }

  async function withStream(use: (peer: StreamPeer) => Promise<void>): Promise<void> {
    const peer = await openStreamPeer(PEER, ingress.tcp)
    try {
      await use(peer)
    } finally {
      peer.close()
    }
  }

  /** Statuses of whole responses on a stream. */
  const statusesOf = (text: string): number[] =>
    Array.from(text.matchAll(/^SIP\/2\.0 (\d{3}) /gm), ([, s]) => Number(s))

  it('of every kind is answered at most once a packet, and costs no call', async () => {
    const packets = malformedPackets()
    await callsGoOnWhile(() =>
      withDatagrams(async (peer) => {
        for (const { bytes } of packets) {
          await peer.send(bytes, ingress.udp)
          const marker = rejected({}, 'UDP', peer.port)
          await peer.send(marker, ingress.udp)
          const [callId = ''] = headerOf(marker, 'Call-ID')
          await peer.answer((text) => statusOf(text) === 404 && text.includes(`Call-ID: ${callId}\r\n`))
        }
        // Repeats of a refusal that is not acknowledged are the same bytes.
        const answers = new Set(peer.received.filter((text) => statusOf(text) >= 200))
        expect(answers.size).toBeLessThanOrEqual(2 * packets.length)
      }),
    )
    for (const { bytes } of packets)
      await withStream(async (peer) => {
        peer.write(bytes)
        await peer.finish()
        expect(statusesOf(peer.received()).filter((status) => status >= 200).length).toBeLessThanOrEqual(2)
      })
  })

  it('a request of 64,000 bytes is decided like any other', () =>
    withDatagrams(async (peer) => {
      await peer.send(rejected({ body: 'v'.repeat(64_000) }, 'UDP', peer.port), ingress.udp)
      expect(statusOf(await peer.answer((text) => statusOf(text) >= 200))).toBe(404)
    }))

  it('a request of 64,000 bytes reaches a backend whole, over TCP because no datagram may carry it', async () => {
    let taken = ''
    const server = createServer((socket) => {
      socket.on('data', (bytes: Buffer) => {
        taken += bytes.toString('latin1')
      })
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const bound = server.address()
    const uri = `sip:127.0.0.1:${bound !== null && typeof bound === 'object' ? bound.port : 0}`
    await ingress.apply('large.json', [
      dispatchRule('large', '+15550000603', routeTo([uri], { timeouts: { backend: '1s' } })),
    ])
    const body = 'v'.repeat(64_000)
    await withDatagrams(async (peer) => {
      await peer.send(rejected({ uri: 'sip:+15550000603@127.0.0.1', body }, 'UDP', peer.port), ingress.udp)
      expect(statusOf(await peer.answer((text) => statusOf(text) >= 200))).toBe(503)
    })
    server.close()
    expect(taken).toMatch(/^INVITE sip:\+15550000603@127\.0\.0\.1:/)
    expect(taken.slice(taken.indexOf('\r\n\r\n') + 4)).toBe(body)
  })

  it('10,000 headers are refused, and it is said why', () =>
    withDatagrams(async (peer) => {
      const many = Array.from({ length: 10_000 }, () => 'X: 1')
      await peer.send(rejected({ extra: many }, 'UDP', peer.port), ingress.udp)
      const refusal = await peer.answer((text) => statusOf(text) >= 200)
      expect(refusal).toMatch(/^SIP\/2\.0 (400|513) /)
      expect(headerOf(refusal, 'Warning')).toEqual([expect.stringMatching(/^399 \S+ "\S+ \S+"$/)])
    }))

  it('a peer that sends a byte now and then on many connections disturbs nobody', async () => {
    const slow = await Promise.all(Array.from({ length: 20 }, () => openStreamPeer(PEER, ingress.tcp)))
    await callsGoOnWhile(async () => {
      for (const byte of rejected({}, 'TCP', 5060).slice(0, 40)) {
        for (const peer of slow) peer.write(byte)
        await withDatagrams(async (peer) => {
          await peer.send(rejected({}, 'UDP', peer.port), ingress.udp)
          await peer.answer((text) => statusOf(text) === 404)
        })
      }
    })
    for (const peer of slow) {
      expect(peer.received()).toBe('')
      peer.close()
    }
  })

  it('a peer that asks and never reads is cut off before it costs more than its queue', async () => {
    expect.hasAssertions()
    await callsGoOnWhile(() =>
      withStream(async (peer) => {
        peer.pause()
        const long = Array.from({ length: 20 }, (_, index) => `X-Padding-${index}: ${'p'.repeat(10)}`)
        const burst = () => rejected({ method: 'OPTIONS', callId: 'c'.repeat(4_000), extra: long }, 'TCP', peer.port)
        await peer.floodUntilOver(() => Array.from({ length: 20 }, burst).join(''))
      }),
    )
  })

  it.each([
    ['is missing', 'Content-Length: 0\r\n', ''],
    ['is no number', 'Content-Length: 0', 'Content-Length: some'],
    ['is negative', 'Content-Length: 0', 'Content-Length: -1'],
    ['is larger than any message', 'Content-Length: 0', 'Content-Length: 70000'],
    ['is there twice with different values', 'Content-Length: 0', 'Content-Length: 0\r\nContent-Length: 9'],
  ])('a Content-Length that %s on a stream is refused, and the stream is closed', (_what, from, to) =>
    withStream(async (peer) => {
      peer.write(rejected({}, 'TCP', peer.port).replace(from, to))
      await peer.over()
      expect(statusesOf(peer.received())).toHaveLength(1)
      expect(peer.received()).toMatch(/^SIP\/2\.0 (400|413|513) /)
    }),
  )

  it('a Content-Length that says less than there is on a stream ends it at the rest, after its answer', () =>
    withStream(async (peer) => {
      peer.write(
        rejected({ body: 'this is the body' }, 'TCP', peer.port).replace('Content-Length: 16', 'Content-Length: 4'),
      )
      peer.write(rejected({}, 'TCP', peer.port))
      await peer.answer((text) => statusesOf(text).includes(404))
      await peer.finish()
      expect(statusesOf(peer.received())).toContain(404)
    }))

  it('a Content-Length that says more than there is waits for it, and others do not', () =>
    withStream(async (peer) => {
      peer.write(rejected({}, 'TCP', peer.port).replace('Content-Length: 0', 'Content-Length: 10'))
      await withStream(async (other) => {
        other.write(rejected({}, 'TCP', other.port))
        expect(statusesOf(await other.answer((text) => text.includes('\r\n\r\n')))).toEqual([404])
      })
      expect(peer.received()).toBe('')
      peer.write('0123456789')
      expect(statusesOf(await peer.answer((text) => text.includes('\r\n\r\n')))).toEqual([404])
    }))

  it('RFC 3261 §18.3: a datagram with bytes beyond its Content-Length is read without them, one with fewer is refused', () =>
    withDatagrams(async (peer) => {
      await peer.send(`${rejected({}, 'UDP', peer.port)}more than it says`, ingress.udp)
      expect(statusOf(await peer.answer((text) => statusOf(text) > 0))).toBe(404)
      await peer.send(rejected({}, 'UDP', peer.port).replace('Content-Length: 0', 'Content-Length: 10'), ingress.udp)
      expect(statusOf(await peer.answer((text) => statusOf(text) === 400))).toBe(400)
    }))
})
