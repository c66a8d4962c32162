import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { capturePackets, type PacketCapture } from '../support/packet-capture.ts'
import { describeWith } from '../support/real-part.ts'
import { type SipBackend, startSipBackend } from '../support/sip-backend.ts'
import { runCaller, scenarioFile } from '../support/sipp-caller.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { openDatagramPeer } from '../support/wire-socket.ts'

const BACKEND_REQUESTS = 'sip_dispatch_backend_requests_total'

describeWith(['sipp', 'tcpdump'], 'a call whose first backend fails is taken by the second', () => {
  let ingress: StandaloneProcess
  let capture: PacketCapture
  let second: SipBackend

  beforeAll(async () => {
    second = await startSipBackend({ scenario: scenarioFile('uas-answer-200') })
    ingress = await startStandalone({ manifests: [sipTrunk('carrier', { sources: ['127.0.0.1'] })] })
    capture = capturePackets([ingress.udp])
    await capture.ready
  })

  afterAll(async () => {
    await capture.stop()
    await ingress.stop()
    const served = await second.stop()
    expect(served.errors).toBe('')
  })

  /**
   * Makes one call with `first` before the second backend; seconds from the caller's INVITE to the second backend's. What
   * made it go on is seen from the result that is counted, and not from how fast this machine is.
   */
  async function failOver(number: string, first: string, route: object = {}): Promise<number> {
    const name = `to-${number.slice(1)}`
    await ingress.apply(`${name}.json`, [dispatchRule(name, number, routeTo([first, second.uri], route))])
    const caller = await runCaller({ scenario: 'uac-expect-200', port: ingress.udp, number, calls: 1 })
    expect(caller).toMatchObject({ exitCode: 0, errors: '' })
    await capture.flush()
    const invites = capture.packets.filter(({ payload }) =>
      payload.toString('latin1').startsWith(`INVITE sip:${number}@`),
    )
    const arrived = invites.find(({ dstPort }) => dstPort === ingress.udp)
    const taken = invites.find(({ dstPort }) => dstPort === second.port)
    return (taken?.time ?? Number.NaN) - (arrived?.time ?? Number.NaN)
  }

  it('at once when it answers 503', async () => {
    const busy = await startSipBackend({ scenario: scenarioFile('uas-expect-ack-to-503') })
    await failOver('+15550000101', busy.uri)
    const served = await busy.stop()
    expect(served.stats.get('SuccessfulCall(C)')).toBe('1')
    expect(await ingress.count(BACKEND_REQUESTS, { backend: busy.uri, result: 'refused' })).toBe(1)
  })

  it('at once when nothing listens on its port, which ICMP tells', async () => {
    const gone = await openDatagramPeer('127.0.0.1')
    gone.close()
    const uri = `sip:127.0.0.1:${gone.port}`
    await failOver('+15550000102', uri)
    expect(await ingress.count(BACKEND_REQUESTS, { backend: uri, result: 'transport' })).toBe(1)
  })

  it('at once when its port refuses TCP connections', async () => {
    // Not at 127.0.0.1: a connection from there to a free port can be given that very port, and meet itself.
    const server = await listeningServer('127.0.0.9')
    const uri = `sip:127.0.0.9:${portOf(server)};transport=tcp`
    server.close()
    await failOver('+15550000103', uri)
    expect(await ingress.count(BACKEND_REQUESTS, { backend: uri, result: 'transport' })).toBe(1)
  })

  it('after the time-out of the rule when it never answers', async () => {
    const hole = await openDatagramPeer('127.0.0.1')
    const uri = `sip:127.0.0.1:${hole.port}`
    const seconds = await failOver('+15550000104', uri, { timeouts: { backend: '1s' } })
    hole.close()
    expect(seconds).toBeGreaterThan(0.9)
    expect(hole.received.every((text) => text.startsWith('INVITE '))).toBe(true)
    expect(await ingress.count(BACKEND_REQUESTS, { backend: uri, result: 'timeout' })).toBe(1)
  })

  it('after the time-out of the rule when it takes the TCP connection and never answers', async () => {
    const server = await listeningServer()
    const uri = `sip:127.0.0.1:${portOf(server)};transport=tcp`
    const seconds = await failOver('+15550000105', uri, { timeouts: { backend: '1s' } })
    server.close()
    expect(seconds).toBeGreaterThan(0.9)
    expect(await ingress.count(BACKEND_REQUESTS, { backend: uri, result: 'timeout' })).toBe(1)
  })

  it('but not when the rule does not fail over on what the first one says', async () => {
    const number = '+15550000106'
    const busy = await startSipBackend({ scenario: scenarioFile('uas-expect-ack-to-503') })
    const route = routeTo([busy.uri, second.uri], { failoverOn: ['timeout'] })
    await ingress.apply('no-failover.json', [dispatchRule('no-failover', number, route)])
    const caller = await runCaller({ scenario: 'uac-expect-503', port: ingress.udp, number, calls: 1 })
    await busy.stop()
    await capture.flush()
    expect(caller).toMatchObject({ exitCode: 0, errors: '' })
    const elsewhere = capture.packets.filter(
      ({ dstPort, payload }) => dstPort === second.port && payload.includes(`sip:${number}@`),
    )
    expect(elsewhere).toEqual([])
  })
})

async function listeningServer(host = '127.0.0.1'): Promise<Server> {
  const server = createServer((socket) => socket.resume().unref()).listen(0, host)
  await once(server, 'listening')
  return server.unref()
}

function portOf(server: Server): number {
  const bound = server.address()
  return bound !== null && typeof bound === 'object' ? bound.port : 0
}
