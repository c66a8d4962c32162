import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from '@jest/globals'
import {
  type HttpServerOptions,
  type RunningHttpServer,
  startHttpServer,
} from '../../../../ingress/health/http-server.ts'

const running: RunningHttpServer[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

async function start(overrides: Partial<HttpServerOptions> = {}): Promise<RunningHttpServer> {
  const server = await startHttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    metricsText: async () => '# HELP x y\n',
    ready: () => ({ ready: true, reasons: [] }),
    onFault: (code, message) => {
      throw new Error(`${code}: ${message}`)
    },
    ...overrides,
  })
  running.push(server)
  return server
}

describe('/metrics', () => {
  it('is the exposition with the content type of its format', async () => {
    const { address } = await start()
    const response = await fetch(`${address}/metrics`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toBe('# HELP x y\n')
  })

  it('answers 500 and reports a fault when the exposition cannot be made', async () => {
    const faults: string[] = []
    const { address } = await start({
      metricsText: async () => {
        throw new Error('no numbers')
      },
      onFault: (code, message) => faults.push(`${code}: ${message}`),
    })
    expect((await fetch(`${address}/metrics`)).status).toBe(500)
    expect(faults).toEqual(['http-page-failed: /metrics could not be made: no numbers'])
  })
})

describe('/backends', () => {
  it('is what is known of backends, as JSON', async () => {
    const { address } = await start({ backends: () => [{ address: 'udp:10.0.0.5:5060', down: 'timeout' }] })
    const response = await fetch(`${address}/backends`)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
    expect(await response.json()).toEqual([{ address: 'udp:10.0.0.5:5060', down: 'timeout' }])
  })

  it('is not there where nobody takes calls', async () => {
    const { address } = await start()
    expect((await fetch(`${address}/backends`)).status).toBe(404)
  })
})

describe('the probes', () => {
  it('are both 200 when the pod is ready', async () => {
    const { address } = await start()
    expect((await fetch(`${address}/livez`)).status).toBe(200)
    expect((await fetch(`${address}/readyz?verbose`)).status).toBe(200)
  })

  it('say alive, not ready and why, until the pod is ready', async () => {
    let ready = false
    const { address } = await start({ ready: () => ({ ready, reasons: ready ? [] : ['no route table', 'not bound'] }) })
    const refused = await fetch(`${address}/readyz`)
    expect([refused.status, await refused.text()]).toEqual([503, 'not ready\nno route table\nnot bound\n'])
    expect((await fetch(`${address}/livez`)).status).toBe(200)
    ready = true
    expect((await fetch(`${address}/readyz`)).status).toBe(200)
  })

  it('answer HEAD without a body', async () => {
    const { address } = await start()
    const response = await fetch(`${address}/livez`, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })
})

describe('anything else', () => {
  it.each(['/', '/metrics/', '/livezz', '/%2e%2e/etc/passwd'])('%s is 404', async (path) => {
    const { address } = await start()
    expect((await fetch(`${address}${path}`)).status).toBe(404)
  })

  it.each(['POST', 'PUT', 'DELETE'])('%s is 405 and says what is allowed', async (method) => {
    const { address } = await start()
    const response = await fetch(`${address}/metrics`, { method })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })

  it('refuses more header bytes than a scraper sends', async () => {
    const { address } = await start()
    const response = await fetch(`${address}/livez`, { headers: { 'x-padding': 'a'.repeat(9000) } })
    expect(response.status).toBe(431)
  })
})

describe('the server', () => {
  it('says which address is in use, with a stable code', async () => {
    const { address } = await start()
    const { port } = new URL(address)
    await expect(start({ listen: { host: '127.0.0.1', port: Number(port) } })).rejects.toMatchObject({
      code: 'http-listen-failed',
      message: `cannot listen for HTTP on 127.0.0.1:${port}: the address is in use; choose another with --http`,
    })
  })

  it('closes at once, open connections included', async () => {
    const server = await start()
    const { port } = new URL(server.address)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /liv')
    const received = text(socket)
    await fetch(`${server.address}/livez`)
    running.splice(0)
    await server.close()
    expect(await received).toMatch(/^(HTTP\/1\.1 200|$)/)
    await expect(fetch(`${server.address}/livez`)).rejects.toThrow('fetch failed')
  })
})
