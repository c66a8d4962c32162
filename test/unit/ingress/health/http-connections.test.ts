/** Clients of the HTTP side that take their time: whatever they hold, a probe from elsewhere is answered. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createHttpConnections } from '../../../../ingress/health/http-connections.ts'
import { type RunningHttpServer, startHttpServer } from '../../../../ingress/health/http-server.ts'
import {
  ANSWER_TIMEOUT_MS,
  MAX_CONNECTIONS,
  MAX_CONNECTIONS_PER_ADDRESS,
  MAX_PIPELINED_REQUESTS,
  WAIT_TIMEOUT_MS,
} from '../../../../ingress/health/limits.ts'

const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** More than the buffers of both systems hold, so that whoever does not read keeps it. */
const LARGE_PAGE = '# a metric\n'.repeat(1_200_000)

async function start(metricsText: () => Promise<string> = async () => '# x\n'): Promise<RunningHttpServer> {
  const server = await startHttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    metricsText,
    ready: () => ({ ready: true, reasons: [] }),
    onFault: (code, message) => {
      throw new Error(`${code}: ${message}`)
    },
  })
  closing.push(() => server.close())
  return server
}

/** A client that says something and then nothing more. What becomes of its connection is its own affair. */
async function client(port: number, from: string, says: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from })
  closing.push(() => socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  if (says !== '') socket.write(says)
  return socket
}

async function clients(
  port: number,
  count: number,
  of: { readonly from: (n: number) => string; readonly says: string },
) {
  const opened: Socket[] = []
  for (let n = 0; n < count; n++) opened.push(await client(port, of.from(n), of.says))
  return opened
}

/** The first line of what a probe gets. It asks once, and waits as long as the connection is open. */
async function probe(port: number, from: string, path = '/livez'): Promise<string | undefined> {
  const socket = await client(port, from, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  return (await text(socket).catch(() => '')).split('\r\n')[0]
}

const portOf = ({ address }: RunningHttpServer): number => Number(new URL(address).port)
const twenty = (n: number): string => `127.0.1.${1 + (n % 20)}`

describe('a probe is answered', () => {
  it.each([
    ['that say nothing', ''],
    ['that have sent half a request', 'GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    ['that have sent half a line', 'GE'],
    ['that send a body slowly', 'POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nx'],
    ['that send chunks slowly', 'POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'],
    ['that keep their connections', 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('beside 1,000 connections from 20 addresses %s', async (_what, says) => {
    const port = portOf(await start())
    await clients(port, 1000, { from: twenty, says })
    expect(await probe(port, '127.0.2.1')).toBe('HTTP/1.1 200 OK')
    expect(await probe(port, '127.0.2.1', '/readyz')).toBe('HTTP/1.1 200 OK')
  })

  it('beside 1,000 connections from as many addresses', async () => {
    const port = portOf(await start())
    await clients(port, 1000, { from: (n) => `127.1.${n >> 8}.${n & 255}`, says: 'GET / HTTP/1.1\r\n' })
    expect(await probe(port, '127.0.2.1')).toBe('HTTP/1.1 200 OK')
  })

  it('beside 40 readers of /metrics that do not read, from their addresses too', async () => {
    const port = portOf(await start(async () => LARGE_PAGE))
    await clients(port, 40, { from: twenty, says: 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n' })
    expect(await probe(port, '127.0.2.1')).toBe('HTTP/1.1 200 OK')
    expect(await probe(port, '127.0.1.1')).toBe('HTTP/1.1 200 OK')
  })

  it('and a scrape in progress goes on, while others come', async () => {
    const port = portOf(await start(async () => LARGE_PAGE))
    const scraper = await client(port, '127.0.2.2', 'GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    await once(scraper, 'readable')
    await clients(port, 1000, { from: twenty, says: 'GET' })
    expect((await text(scraper)).length).toBeGreaterThan(LARGE_PAGE.length)
  })
})

describe('a client that sends several requests at once', () => {
  it('gets the first answer, and then the connection is closed', async () => {
    const port = portOf(await start())
    const socket = await client(port, '127.0.0.1', 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3))
    expect((await text(socket)).match(/^HTTP\/1.1 200/gm)).toHaveLength(1)
  })

  it('makes the metrics once, and is cut off where it sends very many', async () => {
    let made = 0
    const port = portOf(await start(async () => `# ${++made}\n`))
    const request = 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'
    const socket = await client(port, '127.0.0.1', request.repeat(10 * MAX_PIPELINED_REQUESTS))
    await text(socket).catch(() => '')
    expect(made).toBe(1)
  })

  it('gets several answers over one connection where it waits for each', async () => {
    const port = portOf(await start())
    const socket = await client(port, '127.0.0.1', '')
    for (const path of ['/livez', '/readyz', '/metrics']) {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
      const [answer] = await once(socket, 'data')
      expect(String(answer)).toMatch(/^HTTP\/1.1 200/)
    }
  })
})

it('many that ask for the metrics at the same moment are told what was made once', async () => {
  let made = 0
  let release = (): void => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const port = portOf(
    await start(async () => {
      made++
      await gate
      return '# x\n'
    }),
  )
  const asked = Array.from({ length: 10 }, () => probe(port, '127.0.0.1', '/metrics'))
  await probe(port, '127.0.0.1')
  release()
  expect(await Promise.all(asked)).toEqual(Array(10).fill('HTTP/1.1 200 OK'))
  expect(made).toBe(1)
})

it('half a request is closed soon after its time, not when a minute is over', async () => {
  const port = portOf(await start())
  const socket = await client(port, '127.0.0.1', 'GET /livez HTTP/1.1\r\nHost: x\r\n')
  expect(await text(socket)).toMatch(/^HTTP\/1.1 408 /)
})

/** Connections as the server sees them, from addresses of the test's choice, with a clock that the test moves. */
async function stage() {
  let time = 0
  const connections = createHttpConnections(() => time)
  const server = createServer((socket) => {
    connections.enter(socket)
    arrived.push(socket)
  })
  const arrived: Socket[] = []
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => new Promise((resolve) => server.close(resolve)))
  const at = server.address()
  const port = typeof at === 'object' && at ? at.port : 0
  return {
    connections,
    advance: (ms: number) => {
      time += ms
      connections.sweep()
    },
    /** The server's end. */
    open: async (from: string): Promise<Socket> => {
      const came = once(server, 'connection')
      await client(port, from, '')
      await came
      const socket = arrived.at(-1)
      if (!socket) throw new Error('unreachable')
      return socket
    },
  }
}

describe('connections to the HTTP side', () => {
  it('of one address are bounded: the oldest that waits goes, not one that is being answered and not the newest', async () => {
    const { connections, open } = await stage()
    const sockets: Socket[] = []
    for (let n = 0; n < MAX_CONNECTIONS_PER_ADDRESS; n++) sockets.push(await open('127.0.1.1'))
    if (sockets[0]) connections.begin(sockets[0])
    sockets.push(await open('127.0.1.1'), await open('127.0.1.1'))
    expect(sockets.flatMap(({ destroyed }, n) => (destroyed ? [n] : []))).toEqual([1, 2])
  })

  it('in all are bounded: whoever has most gives one up, whoever has least none', async () => {
    const { open } = await stage()
    const single = await open('127.0.3.1')
    const many: Socket[] = []
    for (let n = 0; n < MAX_CONNECTIONS - 1; n++) many.push(await open(`127.0.1.${1 + (n % 9)}`))
    const newest = await open('127.0.3.2')
    expect([single.destroyed, newest.destroyed]).toEqual([false, false])
    expect(many.flatMap(({ destroyed }, n) => (destroyed ? [n] : []))).toEqual([0])
  })

  it('where every one is being answered the oldest goes', async () => {
    const { connections, open } = await stage()
    const sockets: Socket[] = []
    for (let n = 0; n <= MAX_CONNECTIONS_PER_ADDRESS; n++) {
      const socket = await open('127.0.1.1')
      connections.begin(socket)
      sockets.push(socket)
    }
    expect(sockets.flatMap(({ destroyed }, n) => (destroyed ? [n] : []))).toEqual([0])
  })

  it('are closed where a request, or the taking of its answer, takes too long', async () => {
    const { connections, open, advance } = await stage()
    const waiting = await open('127.0.1.1')
    advance(WAIT_TIMEOUT_MS - 1)
    const answered = await open('127.0.1.1')
    connections.begin(answered)
    expect(waiting.destroyed).toBe(false)
    advance(1)
    expect([waiting.destroyed, answered.destroyed]).toEqual([true, false])
    advance(ANSWER_TIMEOUT_MS - 2)
    expect(answered.destroyed).toBe(false)
    advance(1)
    expect(answered.destroyed).toBe(true)
  })

  it('are counted no more once they are closed', async () => {
    const { open } = await stage()
    for (let n = 0; n < 3 * MAX_CONNECTIONS_PER_ADDRESS; n++) {
      const socket = await open('127.0.1.1')
      socket.destroy()
      await once(socket, 'close')
    }
    const kept = await open('127.0.1.1')
    for (let n = 1; n < MAX_CONNECTIONS_PER_ADDRESS; n++) await open('127.0.1.1')
    expect(kept.destroyed).toBe(false)
  })
})
