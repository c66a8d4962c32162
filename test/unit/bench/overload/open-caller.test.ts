/** Both sides of the open loop and its strangers, over sockets, at a peer that behaves as a server under overload does. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from '@jest/globals'
import { copiedLines } from '../../../../bench/load/call-messages.ts'
import { createDelays } from '../../../../bench/overload/delays.ts'
import { answerOpenCalls } from '../../../../bench/overload/open-backend.ts'
import { createOpenCaller } from '../../../../bench/overload/open-caller.ts'
import { createOpenTally } from '../../../../bench/overload/open-tally.ts'
import { createStrangers } from '../../../../bench/overload/strangers.ts'
import { type DatagramPeer, openDatagramPeer } from '../../../support/wire-socket.ts'

const LOOK_MS = 5
const OTHER_ADDRESS = '127.0.0.66'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function openServer(): Promise<DatagramPeer> {
  const server = await openDatagramPeer('127.0.0.1')
  closing.push(() => server.close())
  return server
}

async function connected(port: number, address = '127.0.0.1'): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, address)
  await once(socket, 'listening')
  socket.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  closing.push(() => socket.close())
  return socket
}

/** What both sides need; its timers run. */
async function side(server: DatagramPeer, scenario: 'refused' | 'forwarded') {
  const delays = createDelays(() => performance.now())
  const looking = setInterval(() => delays.run(100), LOOK_MS)
  closing.push(() => clearInterval(looking))
  const tally = createOpenTally(scenario, 1, () => true)
  return { scenario, rules: 10, delays, tally, socket: await connected(server.port), onMessage: () => undefined }
}

function response(request: string, status: string, more = ''): string {
  return `SIP/2.0 ${status}\r\n${copiedLines(request)}${more}Content-Length: 0\r\n\r\n`
}

function count(server: DatagramPeer, beginning: string): number {
  return server.received.filter((text) => text.startsWith(beginning)).length
}

/** Resolves when so many of these came. */
async function came(server: DatagramPeer, beginning: string, wanted: number): Promise<void> {
  await server.answer(() => count(server, beginning) >= wanted)
}

describe('the caller', () => {
  it('repeats an INVITE that nobody answers, and acknowledges every refusal', async () => {
    const server = await openServer()
    const options = await side(server, 'refused')
    const caller = createOpenCaller(options)
    caller.start(1)
    await came(server, 'INVITE ', 2)
    const [first = '', second] = server.received
    expect(second).toBe(first)
    for (const acks of [1, 2]) {
      await server.send(response(first, '503 Service Unavailable'), options.socket.address().port)
      await came(server, 'ACK ', acks)
    }
    expect(caller.open).toBe(0)
    const { latency, ...counts } = options.tally.result()
    expect(counts).toMatchObject({ started: 1, resent: 1, late: 1, well: 0, lost: 0 })
    expect(latency.max).toBeGreaterThanOrEqual(500)
  })

  it('waits after a provisional response, acknowledges a 200 that comes again, and repeats its BYE', async () => {
    const server = await openServer()
    const options = await side(server, 'forwarded')
    const caller = createOpenCaller(options)
    const { port } = options.socket.address()
    caller.start(2)
    const invite = await server.answer((text) => text.startsWith('INVITE '))
    await server.send(response(invite, '100 Trying'), port)
    await new Promise((resolve) => setTimeout(resolve, 800))
    expect(count(server, 'INVITE ')).toBe(1)
    const ok = response(invite, '200 OK', `Contact: <sip:b@127.0.0.1:${server.port}>\r\n`)
    for (const acks of [1, 2]) {
      await server.send(ok, port)
      await came(server, 'ACK ', acks)
    }
    await came(server, 'BYE ', 2)
    const bye = await server.answer((text) => text.startsWith('BYE '))
    await server.send(response(bye, '200 OK'), port)
    while (caller.open > 0) await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    expect(options.tally.result()).toMatchObject({ started: 1, resent: 1, late: 1, well: 1, wellInTime: 0 })
  })
})

describe('the backend', () => {
  it('repeats its 200 until the ACK comes, and is silent to a repeated INVITE', async () => {
    const server = await openServer()
    const [outer, inner] = [await side(server, 'forwarded'), await side(server, 'forwarded')]
    createOpenCaller(outer).start(3)
    const invite = await server.answer((text) => text.startsWith('INVITE '))
    answerOpenCalls(inner)
    const { port } = inner.socket.address()
    await server.send(invite, port)
    await server.send(invite, port)
    await came(server, 'SIP/2.0 200', 2)
    expect([count(server, 'SIP/2.0 180'), inner.tally.result().answeredAgain]).toEqual([1, 1])
    await server.send(invite.replace('INVITE ', 'ACK ').replace('1 INVITE', '1 ACK'), port)
    await new Promise((resolve) => setTimeout(resolve, 1300))
    expect(count(server, 'SIP/2.0 200')).toBe(2)
  })
})

describe('strangers', () => {
  it('call from an address of their own, and notice every byte that comes back', async () => {
    const server = createSocket('udp4').bind(0, '127.0.0.1')
    closing.push(() => server.close())
    await once(server, 'listening')
    const socket = await connected(server.address().port, OTHER_ADDRESS)
    const strangers = createStrangers(socket)
    strangers.send()
    const [invite, from] = await once(server, 'message')
    expect(from).toMatchObject({ address: OTHER_ADDRESS })
    expect(String(invite)).toContain(`Via: SIP/2.0/UDP ${OTHER_ADDRESS}:${socket.address().port};`)
    expect(strangers.bytesReceived).toBe(0)
    server.send('SIP/2.0 ', socket.address().port, OTHER_ADDRESS)
    await once(socket, 'message')
    expect(strangers.bytesReceived).toBe(8)
  })
})
