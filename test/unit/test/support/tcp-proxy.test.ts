import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { startTcpProxy, type TcpProxy } from '../../../support/tcp-proxy.ts'

let server: Server
let proxy: TcpProxy
let client: Socket

beforeEach(async () => {
  server = createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  proxy = await startTcpProxy(address !== null && typeof address === 'object' ? address.port : 0)
  client = connect(proxy.port, '127.0.0.1').setEncoding('utf8')
})

afterEach(async () => {
  client.destroy()
  await proxy.close()
  server.close()
})

async function echoOf(text: string): Promise<unknown> {
  client.write(text)
  return once(client, 'data')
}

describe('a TCP proxy', () => {
  it('passes bytes in both directions', async () => {
    expect(await echoOf('one')).toEqual(['one'])
    expect(proxy.connections()).toBe(1)
  })

  it('resets every connection when it is cut, and takes new ones', async () => {
    await echoOf('one')
    const error = once(client, 'error')
    proxy.cut()
    expect(await error).toEqual([expect.objectContaining({ code: 'ECONNRESET' })])
    client = connect(proxy.port, '127.0.0.1').setEncoding('utf8')
    expect(await echoOf('two')).toEqual(['two'])
  })

  it('keeps a connection open and passes nothing while it is stalled, and then all of it', async () => {
    await echoOf('one')
    const heard: unknown[] = []
    client.on('data', (text) => heard.push(text))
    proxy.stall()
    client.write('two')
    const late = connect(proxy.port, '127.0.0.1').setEncoding('utf8')
    await once(late, 'connect')
    late.write('late')
    expect(heard).toEqual([])
    expect(client.closed).toBe(false)
    proxy.resume()
    expect(await once(late, 'data')).toEqual(['late'])
    late.destroy()
    expect(await echoOf('three')).toEqual([expect.stringContaining('t')])
    expect(heard.join('')).toMatch(/^two/)
  })

  it('passes the end of either side on', async () => {
    client.end('last')
    const [, [text]] = await Promise.all([once(client, 'end'), once(client, 'data')])
    expect(text).toBe('last')
  })

  it('refuses connections once it is closed', async () => {
    await echoOf('one')
    client.on('error', () => client.destroy())
    await proxy.close()
    const refused = connect(proxy.port, '127.0.0.1')
    expect(await once(refused, 'error')).toEqual([expect.objectContaining({ code: 'ECONNREFUSED' })])
    proxy = await startTcpProxy(proxy.port)
  })
})
