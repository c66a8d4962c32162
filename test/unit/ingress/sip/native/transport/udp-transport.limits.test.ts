import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { DATAGRAM_BATCH, MAX_DATAGRAM_BYTES } from '../../../../../../ingress/sip/limits.ts'
import type { DatagramSockets } from '../../../../../../ingress/sip/native/transport/datagram/datagram-sockets.ts'
import type { Transport } from '../../../../../../ingress/sip/native/transport/transport.ts'
import { createUdpTransport } from '../../../../../../ingress/sip/native/transport/udp-transport.ts'
import { testDatagrams } from '../../../../../support/datagrams.ts'
import { FakeClock } from '../../../../../support/fake-clock.ts'
import { addressOf, codeOf, HAS_IPV6, Inbox, RecordedEvents } from './recorded-events.ts'

const opened: Transport[] = []

let sockets: DatagramSockets

afterEach(async () => {
  await Promise.all(opened.splice(0).map((transport) => transport.close()))
})

function newTransport(events = new RecordedEvents()): Transport {
  const transport = createUdpTransport({ events, clock: new FakeClock() }, sockets)
  opened.push(transport)
  return transport
}

const LOOPBACK = { address: addressOf('127.0.0.1'), port: 0 }

/** The failure of a request of so many bytes, and whether it came before `sendRequest` returned. */
async function failureOf(transport: Transport, to: { host: string; port: number }, length = 10): Promise<unknown> {
  const failures = new Inbox<Error>()
  const destination = { transport: 'UDP', address: addressOf(to.host), port: to.port } as const
  transport.sendRequest(Buffer.alloc(length), destination, { onFailure: (error) => failures.put(error) })
  expect(failures.size).toBe(0)
  return codeOf(await failures.take())
}

describe.each(['batched', 'node'] as const)('%s datagrams', (kind) => {
  beforeAll(async () => {
    sockets = await testDatagrams(kind)
  })

  it('tell when more datagrams have come than are read at once, and not before', async () => {
    const events = new RecordedEvents()
    const { port } = await newTransport(events).bind(LOOPBACK)
    const sender = createSocket('udp4')
    sender.connect(port, '127.0.0.1')
    await once(sender, 'connect')
    sender.send('alone')
    await events.messages.take()
    expect(events.fullBatches).toBe(0)
    for (let i = 0; i < 2 * DATAGRAM_BATCH; i++) sender.send('one of many')
    for (let i = 0; i < 2 * DATAGRAM_BATCH; i++) await events.messages.take()
    sender.close()
    expect(events.fullBatches).toBeGreaterThan(0)
  })

  describe('binding a UDP address', () => {
    it('rejects with the address and what to do when the port is in use', async () => {
      const { port } = await newTransport().bind(LOOPBACK)
      const again = newTransport().bind({ ...LOOPBACK, port })
      await expect(again).rejects.toMatchObject({
        code: 'listen-failed',
        message: expect.stringMatching(`udp://127.0.0.1:${port}: EADDRINUSE; .* another port`),
      })
    })

    it('rejects when another program shares the port with whoever wants it', async () => {
      const other = createSocket({ type: 'udp4', reuseAddr: true })
      other.bind(0, '127.0.0.1')
      await once(other, 'listening')
      await expect(newTransport().bind({ ...LOOPBACK, port: other.address().port })).rejects.toMatchObject({
        code: 'listen-failed',
      })
      other.close()
    })

    it('rejects when no interface has the address', async () => {
      const elsewhere = newTransport().bind({ address: addressOf('192.0.2.1'), port: 0 })
      await expect(elsewhere).rejects.toThrow(/EADDRNOTAVAIL; no interface/)
    })

    it('rejects when the transport closes meanwhile', async () => {
      const transport = newTransport()
      const binding = transport.bind(LOOPBACK)
      await transport.close()
      await expect(binding).rejects.toMatchObject({ code: 'transport-closed' })
    })

    const withIpv6 = HAS_IPV6 ? it : it.skip
    withIpv6('takes 0.0.0.0 and :: with one port', async () => {
      const transport = newTransport()
      const { port } = await transport.bind({ address: addressOf('0.0.0.0'), port: 0 })
      const v6 = await transport.bind({ address: addressOf('::'), port })
      expect(v6.port).toBe(port)
      expect(transport.local.map(({ address }) => address.text)).toEqual(['0.0.0.0', '::'])
    })
  })

  describe('UDP sizes', () => {
    it('T-01: takes and sends the largest datagram (RFC 3261 §18.1.1)', async () => {
      const [near, far] = [new RecordedEvents(), new RecordedEvents()]
      const transport = newTransport(near)
      const peer = newTransport(far)
      await transport.bind(LOOPBACK)
      const { address, port } = await peer.bind(LOOPBACK)
      const request = Buffer.alloc(MAX_DATAGRAM_BYTES, 'r')
      const failures = new Inbox<Error>()
      transport.sendRequest(request, { transport: 'UDP', address, port }, { onFailure: (error) => failures.put(error) })
      const { text, flow } = await far.messages.take()
      expect(text).toBe(request.toString())
      expect(flow.send(request)).toBe(true)
      expect((await near.messages.take()).text.length).toBe(MAX_DATAGRAM_BYTES)
      expect(flow.send(Buffer.alloc(MAX_DATAGRAM_BYTES + 1))).toBe(false)
    })
  })

  describe('a UDP request that cannot be sent', () => {
    it('fails after the call, with the reason', async () => {
      const transport = newTransport()
      await transport.bind(LOOPBACK)
      expect(await failureOf(transport, { host: '127.0.0.1', port: 9 }, MAX_DATAGRAM_BYTES + 1)).toBe(
        'datagram-too-large',
      )
      expect(await failureOf(transport, { host: '127.0.0.1', port: 0 })).toBe('bad-port')
      expect(await failureOf(transport, { host: '::1', port: 9 })).toBe('no-listener')
      await transport.close()
      expect(await failureOf(transport, { host: '127.0.0.1', port: 9 })).toBe('transport-closed')
    })

    it('fails where the system has no way from the listen address to there', async () => {
      const transport = newTransport()
      await transport.bind(LOOPBACK)
      const code = await failureOf(transport, { host: '192.0.2.1', port: 5060 })
      expect(['EINVAL', 'ENETUNREACH']).toContain(code)
    })
  })

  describe('a listener that throws', () => {
    it('costs the message only, and becomes a fault', async () => {
      const events = new RecordedEvents()
      const transport = newTransport(events)
      const { address, port } = await transport.bind(LOOPBACK)
      events.react = () => {
        throw new Error('listener defect')
      }
      const sender = newTransport()
      await sender.bind(LOOPBACK)
      for (const text of ['first', 'second']) {
        sender.sendRequest(Buffer.from(text), { transport: 'UDP', address, port }, { onFailure: () => undefined })
        expect((await events.messages.take()).text).toBe(text)
        expect(await events.faults.take()).toMatchObject({
          code: 'listener-threw',
          message: expect.stringContaining('listener defect'),
        })
      }
    })
  })

  describe('closing UDP', () => {
    it('frees the port and makes every flow a dead end', async () => {
      const events = new RecordedEvents()
      const transport = newTransport(events)
      const { address, port } = await transport.bind(LOOPBACK)
      const sender = newTransport()
      await sender.bind(LOOPBACK)
      sender.sendRequest(Buffer.from('request'), { transport: 'UDP', address, port }, { onFailure: () => undefined })
      const { flow } = await events.messages.take()
      await transport.close()
      expect(flow.send(Buffer.from('response'))).toBe(false)
      expect(transport.local).toEqual([])
      expect(await newTransport().bind({ address, port })).toMatchObject({ port })
    })
  })
})
