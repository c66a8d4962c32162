/** `sip-dispatch probe` against real processes: what it says, and the exit code that `helm test` goes by. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { runCommand } from '../support/command-line.ts'
import { loopbackPorts } from '../support/loopback-port.ts'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { requestText, responseText } from '../support/sip-text.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { type DatagramPeer, openDatagramPeer } from '../support/wire-socket.ts'

const NUMBER = '+15551234567'

async function probe(...flags: readonly string[]): Promise<{ code: number | null; says: string; errors: string }> {
  const { code, output, errors } = await runCommand(['probe', ...flags])
  return { code, says: output.trimEnd(), errors }
}

function readyUrl(ingress: StandaloneProcess): string {
  return String(ingress.log.find(({ msg }) => msg === 'listening')?.['http'])
}

describe('a probe of an ingress', () => {
  let knows: StandaloneProcess
  let knowsNobody: StandaloneProcess

  beforeAll(async () => {
    ;[knows, knowsNobody] = await Promise.all([
      startStandalone({ manifests: [sipTrunk('carrier', { sources: ['127.0.0.1'] })] }),
      startStandalone({ manifests: [sipTrunk('carrier', { sources: ['203.0.113.7'] })] }),
    ])
  })

  afterAll(async () => {
    await Promise.all([knows.stop(), knowsNobody.stop()])
  })

  it.each(['udp', 'tcp'] as const)('that knows it says that it answers, over %s', async (transport) => {
    const target = `${transport}://localhost:${knows[transport]}`
    expect(await probe('--sip', target)).toEqual({
      code: 0,
      says: `${target} answers OPTIONS with 200 OK`,
      errors: '',
    })
  })

  it.each(['udp', 'tcp'] as const)('that is silent towards it and ready says both, over %s', async (transport) => {
    const target = `${transport}://127.0.0.1:${knowsNobody[transport]}`
    const ready = readyUrl(knowsNobody)
    expect(await probe('--sip', target, '--ready', ready)).toEqual({
      code: 0,
      says: `${target} is silent and ${ready}/readyz says ready: it serves, and no trunk admits the address this comes from`,
      errors: '',
    })
  })

  it('that is silent, with nobody to ask whether it is ready, fails and says how to tell', async () => {
    const { code, says } = await probe('--sip', `udp://127.0.0.1:${knowsNobody.udp}`, '--timeout-seconds', '1')
    expect({ code, says }).toEqual({
      code: 1,
      says: expect.stringMatching(/ is silent: nobody listens, .*--ready http/),
    })
  })

  it('whose readiness cannot be asked fails and says why', async () => {
    const target = `udp://127.0.0.1:${knowsNobody.udp}`
    const closed = `127.0.0.1:${String(await loopbackPorts(1))}`
    const { code, says } = await probe('--sip', target, '--ready', `http://${closed}`)
    expect({ code, says }).toEqual({
      code: 1,
      says: `${target} is silent; http://${closed}/readyz says not ready: connect ECONNREFUSED ${closed}`,
    })
  })

  it('that is shutting down fails with its 503', async () => {
    const [peer, backend] = await Promise.all([openDatagramPeer('127.0.0.1'), openDatagramPeer('127.0.0.1')])
    const leaving = await startStandalone({
      manifests: [
        sipTrunk('carrier', { sources: ['127.0.0.1'] }),
        dispatchRule('route', NUMBER, routeTo([`sip:127.0.0.1:${backend.port}`])),
      ],
      flags: ['--drain-deadline-seconds', '600'],
    })
    await ringing(leaving, peer, backend)
    const ended = leaving.stop('SIGTERM')
    await leaving.said(({ msg, phase }) => msg === 'shutting down' && phase === 'draining')
    const target = `udp://127.0.0.1:${leaving.udp}`
    expect(await probe('--sip', target)).toMatchObject({
      code: 1,
      says: `${target} answers OPTIONS with 503 Service Unavailable: it is shutting down and refuses new calls`,
    })
    leaving.child.kill('SIGINT')
    await ended
    for (const socket of [peer, backend]) socket.close()
  })

  /** A call that waits for its answer, so that the process has something to wait for. */
  async function ringing(ingress: StandaloneProcess, peer: DatagramPeer, backend: DatagramPeer): Promise<void> {
    const via = `SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bK-ringing`
    await peer.send(requestText({ via, uri: `sip:${NUMBER}@127.0.0.1` }), ingress.udp)
    const invite = await backend.answer((text) => text.startsWith('INVITE '))
    await backend.send(responseText(invite, 180), ingress.udp)
    await peer.answer((text) => text.startsWith('SIP/2.0 180'))
  }
})

describe('a probe of what is no ingress', () => {
  it('fails where nobody listens, without waiting', async () => {
    const closed = await Promise.all(['udp', 'tcp'].map((transport) => probe('--sip', `${transport}://127.0.0.1:1`)))
    for (const { code, says } of closed) {
      expect({ code, says }).toEqual({ code: 1, says: expect.stringMatching(/ cannot be reached: .*ECONNREFUSED/) })
    }
  })

  it('fails where the name is none', async () => {
    const { code, says } = await probe('--sip', 'udp://no-such-host.invalid:5060')
    expect({ code, says }).toEqual({
      code: 1,
      says: expect.stringMatching(/cannot be reached: .*no-such-host\.invalid/),
    })
  })

  it('fails at another answer than 200, and takes no answer to somebody else for its own', async () => {
    const server = createSocket('udp4')
    server.bind(0, '127.0.0.1')
    await once(server, 'listening')
    server.on('message', (bytes, { port, address }) => {
      const request = bytes.toString('latin1')
      const answers = [
        'no message at all',
        responseText(request, 100),
        responseText(request.replaceAll('z9hG4bK', 'z9hG4bKanother'), 200),
        responseText(request, 404),
      ]
      for (const answer of answers) server.send(answer, port, address)
    })
    const target = `udp://127.0.0.1:${server.address().port}`
    const { code, says } = await probe('--sip', target)
    expect({ code, says }).toEqual({
      code: 1,
      says: expect.stringMatching(/ answers OPTIONS with 404 .*: an ingress answers 200, so something else may listen/),
    })
    server.close()
  })

  it('repeats its request over UDP until it is heard (RFC 3261 §17.1.2.1)', async () => {
    const server = createSocket('udp4')
    server.bind(0, '127.0.0.1')
    await once(server, 'listening')
    const requests: string[] = []
    server.on('message', (bytes, { port, address }) => {
      requests.push(bytes.toString('latin1'))
      if (requests.length === 3) server.send(responseText(requests[2] ?? '', 200), port, address)
    })
    const { code } = await probe('--sip', `udp://127.0.0.1:${server.address().port}`)
    server.close()
    expect({ code, repeats: requests.length, same: new Set(requests).size }).toEqual({ code: 0, repeats: 3, same: 1 })
  })

  it('fails where a stream is closed in the middle of an answer', async () => {
    const server = createServer((socket) => {
      socket.end('SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const { code, says } = await probe('--sip', `tcp://127.0.0.1:${port}`)
    server.close()
    expect({ code, says }).toEqual({ code: 1, says: expect.stringContaining(' is silent: ') })
  })
})

describe('a probe of nothing', () => {
  it('is wrong usage, with every problem', async () => {
    const flags = ['--sip', 'tls://a:5061', '--ready', 'ftp://a', '--timeout-seconds', '61']
    expect(await probe(...flags)).toEqual({
      code: 2,
      says: '',
      errors: expect.stringMatching(
        /^error: --sip: "tls:\/\/a:5061" is not udp:\/\/HOST:PORT or tcp:\/\/HOST:PORT, IPv6 in brackets: TLS, .* not there yet.*\nerror: --ready: "ftp:\/\/a" is not http:\/\/HOST:PORT, IPv6 in brackets\nerror: --timeout-seconds: "61" is not a whole number from 0 to 60\n$/,
      ),
    })
    expect(await probe()).toMatchObject({ code: 2, errors: 'error: --sip: must be given\n' })
  })
})
