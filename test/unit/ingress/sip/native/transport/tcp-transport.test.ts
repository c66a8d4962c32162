import { afterEach, describe, expect, it } from '@jest/globals'
import type { Destination, SendOptions, Transport } from '../../../../../../ingress/sip/native/transport/transport.ts'
import { addressOf, codeOf, HAS_IPV6, Inbox, optionsRequest } from './recorded-events.ts'
import { createTcpStage } from './tcp-peer.ts'

const stage = createTcpStage()
afterEach(() => stage.close())

const LOOPBACK = { address: addressOf('127.0.0.1'), port: 0 }
const MESSAGE = optionsRequest()

function at(port: number, host = '127.0.0.1'): Destination {
  return { transport: 'TCP', address: addressOf(host), port }
}

function send(transport: Transport, to: Destination, options: Partial<SendOptions> = {}): Inbox<Error> {
  const failures = new Inbox<Error>()
  transport.sendRequest(Buffer.from(MESSAGE), to, { onFailure: (error) => failures.put(error), ...options })
  return failures
}

async function closedPort(): Promise<number> {
  const { port, server } = await stage.listenPeer()
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe.each(HAS_IPV6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'])('a TCP connection from %s', (host) => {
  it('brings messages, and takes the responses (RFC 3261 §18.2.2)', async () => {
    const { transport, events } = stage.newTransport()
    const local = await transport.bind({ address: addressOf(host), port: 0 })
    const peer = await stage.connectPeer(local.port, host)
    await peer.write(MESSAGE)
    const { text, flow } = await events.messages.take()
    expect(text).toBe(MESSAGE)
    expect(flow).toMatchObject({ transport: 'TCP', remotePort: peer.port, local, open: true })
    expect(flow.remoteAddress).toEqual(addressOf(host))
    expect(flow.send(Buffer.from('response'))).toBe(true)
    expect(await peer.receive(8)).toBe('response')
  })
})

describe('messages on a TCP connection', () => {
  it('come whole, however the bytes come', async () => {
    const { transport, events } = stage.newTransport()
    const { port } = await transport.bind(LOOPBACK)
    const peer = await stage.connectPeer(port)
    const message = optionsRequest(3)
    for (const byte of message) await peer.write(byte)
    expect((await events.messages.take()).text).toBe(message)
  })

  it('come one by one where two are in one write', async () => {
    const { transport, events } = stage.newTransport()
    const { port } = await transport.bind(LOOPBACK)
    const peer = await stage.connectPeer(port)
    await peer.write(MESSAGE + optionsRequest(5))
    expect((await events.messages.take()).text).toBe(MESSAGE)
    expect((await events.messages.take()).text).toBe(optionsRequest(5))
  })

  it('leave the other sockets their turn, however many come at once', async () => {
    const { transport, events } = stage.newTransport()
    const { port } = await transport.bind(LOOPBACK)
    const peer = await stage.connectPeer(port)
    const message = optionsRequest(1000)
    const count = 2000
    const inRounds: number[] = [0]
    let flowing = true
    const nextRound = () => {
      inRounds.push(0)
      if (flowing) setImmediate(nextRound)
    }
    setImmediate(nextRound)
    events.react = () => {
      inRounds.push((inRounds.pop() ?? 0) + 1)
    }
    void peer.write(message.repeat(count))
    for (let i = 0; i < count; i++) await events.messages.take()
    flowing = false
    // Node reads at most 64 KiB at once. A round that is counted here may have the end of one read and the next one.
    expect(Math.max(...inRounds)).toBeLessThanOrEqual(2 * Math.ceil(65_536 / message.length) + 1)
  })

  it('are answered where the stream is broken, and then it is closed (RFC 3261 §18.3)', async () => {
    const { transport, events } = stage.newTransport()
    const { port } = await transport.bind(LOOPBACK)
    const peer = await stage.connectPeer(port)
    events.react = (flow) => flow.send(Buffer.from('400'))
    const head = 'OPTIONS sip:a SIP/2.0\r\nCall-ID: a\r\n\r\n'
    await peer.write(head)
    expect(await events.broken.take()).toMatchObject({ head, fault: 'content-length-missing' })
    expect(await peer.receive(3)).toBe('400')
    await peer.ends.take()
    await peer.write(MESSAGE)
    await peer.closed
    expect(events.messages.size).toBe(0)
  })
})

describe('pings on a TCP connection (RFC 5626 §4.4.1)', () => {
  it('T-09: get one CRLF for CRLFCRLF in four writes', async () => {
    const { transport } = stage.newTransport()
    const { port } = await transport.bind(LOOPBACK)
    const peer = await stage.connectPeer(port)
    for (const byte of '\r\n\r\n') await peer.write(byte)
    await peer.receive(2)
    await peer.write('\r\n\r\n')
    expect(await peer.receive(4)).toBe('\r\n\r\n')
  })
})

describe('a request over TCP', () => {
  it('T-08: opens a connection, and the next one uses it again (RFC 3261 §18)', async () => {
    const { transport, events } = stage.newTransport()
    await transport.bind(LOOPBACK)
    const backend = await stage.listenPeer()
    send(transport, at(backend.port))
    send(transport, at(backend.port))
    const peer = await backend.accepted.take()
    expect(await peer.receive(2 * MESSAGE.length)).toBe(MESSAGE + MESSAGE)
    expect(peer.socket.remoteAddress).toBe('127.0.0.1')
    await peer.write(MESSAGE)
    const { flow } = await events.messages.take()
    expect(flow).toMatchObject({ remotePort: backend.port, open: true })
    send(transport, at(backend.port))
    await peer.receive(3 * MESSAGE.length)
    expect(backend.accepted.size).toBe(0)
  })

  it('opens one from a wildcard address', async () => {
    const { transport } = stage.newTransport()
    await transport.bind({ address: addressOf('0.0.0.0'), port: 0 })
    const backend = await stage.listenPeer()
    send(transport, at(backend.port))
    expect(await (await backend.accepted.take()).receive(MESSAGE.length)).toBe(MESSAGE)
  })

  it('goes over the connection that the peer has opened from there', async () => {
    const { transport } = stage.newTransport()
    const { port } = await transport.bind(LOOPBACK)
    const peer = await stage.connectPeer(port)
    await peer.write('\r\n\r\n')
    await peer.receive(2)
    send(transport, at(peer.port))
    expect(await peer.receive(2 + MESSAGE.length)).toBe(`\r\n${MESSAGE}`)
  })

  it('goes over the named connection as long as that is open, and over a new one after', async () => {
    const { transport, events } = stage.newTransport()
    const { port } = await transport.bind(LOOPBACK)
    const backend = await stage.listenPeer()
    const peer = await stage.connectPeer(port)
    await peer.write(MESSAGE)
    const { flow: via } = await events.messages.take()
    send(transport, at(backend.port), { via })
    expect(await peer.receive(MESSAGE.length)).toBe(MESSAGE)
    peer.socket.end()
    await peer.ends.take()
    send(transport, at(backend.port), { via })
    expect(await (await backend.accepted.take()).receive(MESSAGE.length)).toBe(MESSAGE)
  })

  it('fails at once where the port is closed (RFC 3261 §18.4)', async () => {
    const { transport, events } = stage.newTransport()
    await transport.bind(LOOPBACK)
    const port = await closedPort()
    const failures = [send(transport, at(port)), send(transport, at(port))]
    const errors = await Promise.all(failures.map((each) => each.take()))
    expect(errors.map(codeOf)).toEqual(['ECONNREFUSED', 'ECONNREFUSED'])
    expect(await events.unreachable.take()).toMatchObject({ destination: at(port) })
    expect(events.unreachable.size).toBe(0)
  })

  it('fails at once where the peer resets or closes before it answers', async () => {
    const { transport } = stage.newTransport()
    await transport.bind(LOOPBACK)
    const backend = await stage.listenPeer()
    const reset = send(transport, at(backend.port))
    const first = await backend.accepted.take()
    await first.receive(MESSAGE.length)
    first.socket.resetAndDestroy()
    expect(codeOf(await reset.take())).toBe('ECONNRESET')
    const ended = send(transport, at(backend.port))
    const second = await backend.accepted.take()
    await second.receive(MESSAGE.length)
    second.socket.end()
    expect(codeOf(await ended.take())).toBe('stream-closed')
  })

  it('does not fail by a close after something has come back', async () => {
    const { transport, events } = stage.newTransport()
    await transport.bind(LOOPBACK)
    const backend = await stage.listenPeer()
    const failures = send(transport, at(backend.port))
    const peer = await backend.accepted.take()
    await peer.write(MESSAGE)
    await events.messages.take()
    peer.socket.end()
    await peer.closed
    expect(await failuresOfClosed(transport)).toEqual(['transport-closed'])
    expect(failures.size).toBe(0)
  })

  it('fails after the call where it cannot be sent', async () => {
    const { transport } = stage.newTransport()
    await transport.bind(LOOPBACK)
    expect(codeOf(await send(transport, at(9, '::1')).take())).toBe('no-listener')
    expect(codeOf(await send(transport, at(0)).take())).toBe('bad-port')
  })
})

/** Closes the transport, so that nothing more can happen, and asks it once more. */
async function failuresOfClosed(transport: Transport): Promise<unknown[]> {
  await transport.close()
  return [codeOf(await send(transport, at(9)).take())]
}

describe('a flow whose peer has closed', () => {
  it('is not open, and sends nothing', async () => {
    const { transport, events } = stage.newTransport()
    const { port } = await transport.bind(LOOPBACK)
    const peer = await stage.connectPeer(port)
    await peer.write(MESSAGE)
    const { flow } = await events.messages.take()
    peer.socket.end()
    await peer.ends.take()
    expect(flow.open).toBe(false)
    expect(flow.send(Buffer.from('late'))).toBe(false)
    await peer.closed
    expect(peer.received).toBe('')
  })
})

describe('binding a TCP address', () => {
  it('rejects with the address and what to do', async () => {
    const { port } = await stage.newTransport().transport.bind(LOOPBACK)
    const { transport } = stage.newTransport()
    await expect(transport.bind({ ...LOOPBACK, port })).rejects.toMatchObject({
      code: 'listen-failed',
      message: expect.stringMatching(`tcp://127.0.0.1:${port}: EADDRINUSE; .* another port`),
    })
    const elsewhere = transport.bind({ address: addressOf('192.0.2.1'), port: 0 })
    await expect(elsewhere).rejects.toThrow(/EADDRNOTAVAIL; no interface/)
  })

  const withIpv6 = HAS_IPV6 ? it : it.skip
  withIpv6('takes 0.0.0.0 and :: with one port', async () => {
    const { transport } = stage.newTransport()
    const { port } = await transport.bind({ address: addressOf('0.0.0.0'), port: 0 })
    await transport.bind({ address: addressOf('::'), port })
    expect(transport.local.map((local) => [local.address.text, local.port])).toEqual([
      ['0.0.0.0', port],
      ['::', port],
    ])
  })
})

describe('closing TCP', () => {
  it('sends what was sent before, ends every connection and resolves when all are gone', async () => {
    const { transport, events, clock } = stage.newTransport()
    const { port } = await transport.bind(LOOPBACK)
    const backend = await stage.listenPeer()
    const peer = await stage.connectPeer(port)
    await peer.write(MESSAGE)
    const { flow } = await events.messages.take()
    send(transport, at(backend.port))
    const accepted = await backend.accepted.take()
    flow.send(Buffer.from('response'))
    await transport.close()
    await Promise.all([peer.closed, accepted.closed])
    expect(peer.received).toBe('response')
    expect(clock.pending).toBe(0)
    await expect(stage.connectPeer(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('does not wait for a connection that is being opened', async () => {
    const { transport } = stage.newTransport()
    await transport.bind(LOOPBACK)
    const backend = await stage.listenPeer()
    const failures = send(transport, at(backend.port))
    await transport.close()
    expect(codeOf(await failures.take())).toBe('stream-closed')
  })
})
