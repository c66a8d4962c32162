import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createBatchedDatagrams } from '../../../../../../../ingress/sip/native/transport/datagram/batched-datagrams.ts'
import type {
  DatagramSocket,
  DatagramSockets,
} from '../../../../../../../ingress/sip/native/transport/datagram/datagram-sockets.ts'
import { requestText } from '../../../../../../support/sip-text.ts'
import { addressOf } from '../recorded-events.ts'
import { type FaultyCalls, faultyCalls } from './faulty-calls.ts'
import { type NodePeer, openNodePeer, type RecordedDatagrams, recordDatagrams } from './recorded-datagrams.ts'

const END = 'the last one'
const SEED = 12_345
const CALLS = 400

describe.each(['127.0.0.1', '::1'])('the filter of a socket at %s', (host) => {
  let calls: FaultyCalls
  let sockets: DatagramSockets
  let listener: RecordedDatagrams
  let socket: DatagramSocket
  let port: number
  let peer: NodePeer

  beforeEach(async () => {
    calls = await faultyCalls()
    sockets = createBatchedDatagrams(calls, () => undefined)
    listener = recordDatagrams()
    const bound = await sockets.listen({ address: addressOf(host), port: 0 }, listener)
    socket = bound.socket
    port = bound.port
    peer = await openNodePeer(host)
  })

  afterEach(async () => {
    await Promise.all([socket.close(), peer.close()])
  })

  /** What the socket has received of these. */
  async function received(texts: readonly string[]): Promise<string[]> {
    for (const text of [...texts, END]) {
      await new Promise((resolve) => peer.socket.send(text, port, host, resolve))
    }
    const found: string[] = []
    for (let text = ''; text !== END; found.push(text)) text = (await listener.inbox.take()).text
    return found.slice(0, -1)
  }

  const admit = (share: number): boolean | undefined => socket.admitInvites?.({ share, seed: SEED })
  const invite = (call: number, extra: readonly string[] = []): string =>
    requestText({ branch: `z9hG4bK-call-${call}`, callId: `call-${call}`, extra })
  const invites = Array.from({ length: CALLS }, (_, call) => invite(call))

  it('drops every new call if the share is 0, and counts it', async () => {
    expect(admit(0)).toBe(true)
    const before = socket.dropped ?? 0
    expect(await received(invites)).toEqual([])
    expect((socket.dropped ?? 0) - before).toBe(CALLS)
  })

  it('lets in every other packet', async () => {
    admit(0)
    const others = [
      ...['ACK', 'BYE', 'CANCEL', 'OPTIONS', 'INFO'].map((method) => requestText({ method })),
      'SIP/2.0 200 OK\r\n\r\n',
      'INVITE short',
      '',
      'INV',
      `\r\n${invite(1)}`,
    ]
    expect(await received(others)).toEqual(others)
  })

  it('lets in an INVITE inside a dialog, wherever its Route header begins', async () => {
    admit(0)
    const inside = Array.from({ length: 40 }, (_, i) => {
      return invite(i, [`Subject: ${'x'.repeat(i * 7)}`, 'Route: <sip:127.0.0.1;lr>'])
    })
    expect(await received(inside)).toEqual(inside)
    expect(await received([invite(1, ['Record-Route: <sip:127.0.0.1;lr>', 'X-Route: 1'])])).toEqual([])
  })

  it('lets in the share of the calls, the same calls each time, and these also when the share grows', async () => {
    admit(0.25)
    const first = await received(invites)
    expect(first.length).toBeGreaterThan(CALLS * 0.15)
    expect(first.length).toBeLessThan(CALLS * 0.35)
    expect(await received(invites)).toEqual(first)
    admit(0.5)
    const more = await received(invites)
    expect(more.length).toBeGreaterThan(first.length)
    expect(more).toEqual(expect.arrayContaining(first))
  })

  it('chooses other calls with another seed', async () => {
    admit(0.5)
    const first = await received(invites)
    socket.admitInvites?.({ share: 0.5, seed: SEED + 1 })
    expect(await received(invites)).not.toEqual(first)
  })

  it('is gone when everything is let in', async () => {
    admit(0)
    expect(admit(1)).toBe(true)
    expect(await received(invites)).toEqual(invites)
  })

  it('is gone when node:dgram goes on with the socket', async () => {
    admit(0)
    calls.fail('recvmmsg', 'ENOSYS')
    peer.socket.send(END, port, host)
    expect((await listener.inbox.take()).text).toBe(END)
    expect(await received([invite(1)])).toEqual([invite(1)])
    expect(admit(0)).toBe(false)
  })
})
