import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { afterEach, expect, it } from '@jest/globals'
import { capturePackets, type PacketCapture } from '../support/packet-capture.ts'
import { describeWith } from '../support/real-part.ts'

const SYN = 2

const open: Socket[] = []
const captures: PacketCapture[] = []

afterEach(async () => {
  for (const socket of open.splice(0)) {
    socket.close()
  }
  await Promise.all(captures.splice(0).map((capture) => capture.stop()))
})

describeWith(['tcpdump'], 'a packet capture', () => {
  it.each([
    ['127.0.0.1', 'udp4'],
    ['::1', 'udp6'],
  ] as const)('sees a datagram at %s with its addresses, ports and bytes', async (address, type) => {
    const sender = await boundSocket(type, address)
    const receiver = await boundSocket(type, address)
    const capture = await readyCapture([receiver.address().port])
    sender.send(Buffer.from([0, 255, 13, 10]), receiver.address().port, address)
    await capture.flush()
    expect(capture.packets).toMatchObject([
      {
        proto: 'udp',
        srcAddress: address,
        srcPort: sender.address().port,
        dstAddress: address,
        dstPort: receiver.address().port,
        payload: Buffer.from([0, 255, 13, 10]),
      },
    ])
  })

  it('sees nothing of other ports, and its own markers are no packets', async () => {
    const sender = await boundSocket('udp4', '127.0.0.1')
    const [watched, other] = [await boundSocket('udp4', '127.0.0.1'), await boundSocket('udp4', '127.0.0.1')]
    const capture = await readyCapture([watched.address().port])
    sender.send('elsewhere', other.address().port, '127.0.0.1')
    await capture.flush()
    expect(capture.packets).toEqual([])
  })

  it('keeps the order of many datagrams and misses none', async () => {
    const sender = await boundSocket('udp4', '127.0.0.1')
    const receiver = await boundSocket('udp4', '127.0.0.1')
    const capture = await readyCapture([receiver.address().port])
    const texts = Array.from({ length: 1000 }, (_, index) => `datagram ${index}`)
    await Promise.all(texts.map((text) => sent(sender, text, receiver.address().port)))
    await capture.flush()
    expect(capture.packets.map(({ payload }) => payload.toString())).toEqual(texts)
  })

  it('tells the SYN and the bytes of a TCP connection apart', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const at = server.address()
    const port = at !== null && typeof at === 'object' ? at.port : 0
    const capture = await readyCapture([port])
    const client = connect(port, '127.0.0.1').end('OPTIONS').resume()
    await once(client, 'close')
    server.close()
    await capture.flush()
    const towards = capture.packets.filter(({ dstPort }) => dstPort === port)
    expect(towards[0]).toMatchObject({ proto: 'tcp', tcpFlags: SYN, payload: Buffer.alloc(0) })
    expect(Buffer.concat(towards.map(({ payload }) => payload)).toString()).toBe('OPTIONS')
  })
})

async function readyCapture(ports: readonly number[]): Promise<PacketCapture> {
  const capture = capturePackets(ports)
  captures.push(capture)
  await capture.ready
  return capture
}

async function boundSocket(type: 'udp4' | 'udp6', address: string): Promise<Socket> {
  const socket = createSocket(type)
  open.push(socket)
  socket.bind(0, address)
  await once(socket, 'listening')
  return socket
}

function sent(socket: Socket, text: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.send(text, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error)))
  return promise
}
