import { afterEach, expect, it } from '@jest/globals'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { describeWith } from '../support/real-part.ts'
import { startSipBackend } from '../support/sip-backend.ts'
import { requestText, responseText, statusOf } from '../support/sip-text.ts'
import { received, runCaller, scenarioFile } from '../support/sipp-caller.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { openDatagramPeer, openStreamPeer } from '../support/wire-socket.ts'

const NUMBER = '+15550000801'
const CALLS = 10

describeWith(['sipp'], 'SIGTERM while calls ring', () => {
  const started: StandaloneProcess[] = []

  afterEach(async () => {
    await Promise.all(started.splice(0).map((ingress) => ingress.stop()))
  })

  async function ingressTo(uri: string): Promise<StandaloneProcess> {
    const ingress = await startStandalone({
      manifests: [sipTrunk('carrier', { sources: ['127.0.0.1'] }), dispatchRule('ringing', NUMBER, routeTo([uri]))],
    })
    started.push(ingress)
    return ingress
  }

  const ringing = (ingress: StandaloneProcess): Promise<void> =>
    ingress.counted('sip_dispatch_first_response_seconds_count', { trunk: 'default/carrier' }, CALLS)

  it('gives each a final response, and the exit code is 0', async () => {
    const backend = await startSipBackend({ scenario: scenarioFile('uas-expect-cancel') })
    const ingress = await ingressTo(backend.uri)
    const { udp: port } = ingress
    const calling = runCaller({ scenario: 'uac-expect-503', port, number: NUMBER, calls: CALLS, rate: 200 })
    await ringing(ingress)
    expect(await ingress.stop()).toEqual([0, null])
    const [caller, served] = await Promise.all([calling, backend.stop()])
    expect(caller).toMatchObject({ exitCode: 0, errors: '' })
    expect(received(caller).filter((what) => what === '180')).toHaveLength(CALLS)
    expect(received(served).filter((what) => what === 'CANCEL')).toHaveLength(CALLS)
    const ended = ingress.log.filter(({ msg, status }) => msg === 'call decided' && status === 503)
    expect(ended).toHaveLength(CALLS)
    expect(ingress.log.at(-1)).toMatchObject({ msg: 'stopped' })
  })

  it('gives each a final response over TCP before the connection is closed', async () => {
    const backend = await openDatagramPeer('127.0.0.1')
    const ingress = await ingressTo(`sip:127.0.0.1:${backend.port}`)
    const caller = await openStreamPeer('127.0.0.1', ingress.tcp)
    const callIds = Array.from({ length: CALLS }, (_, index) => `ringing-${index}`)
    for (const callId of callIds) {
      const via = `SIP/2.0/TCP 127.0.0.1:${caller.port};branch=z9hG4bK-${callId}`
      caller.write(requestText({ uri: `sip:${NUMBER}@127.0.0.1`, via, callId }))
      const invite = await backend.answer(
        (text) => text.startsWith('INVITE ') && text.includes(`Call-ID: ${callId}\r\n`),
      )
      await backend.send(responseText(invite, 180), ingress.udp)
    }
    await ringing(ingress)
    const stopping = ingress.stop()
    await caller.over()
    expect(await stopping).toEqual([0, null])
    const statuses = caller
      .received()
      .split(/(?=^SIP\/2\.0 )/m)
      .map(statusOf)
    expect(statuses.filter((status) => status === 180)).toHaveLength(CALLS)
    expect(statuses.filter((status) => status >= 200)).toEqual(callIds.map(() => 503))
    for (const peer of [caller, backend]) peer.close()
  })
})
