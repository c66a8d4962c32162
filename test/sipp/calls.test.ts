import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { capturePackets, type PacketCapture } from '../support/packet-capture.ts'
import { describeWith } from '../support/real-part.ts'
import { type SipBackend, startSipBackend } from '../support/sip-backend.ts'
import { headerOf, statusOf } from '../support/sip-text.ts'
import { received, runCaller, scenarioFile } from '../support/sipp-caller.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'

const TRUNK = sipTrunk('carrier', { sources: ['127.0.0.1'] })
const CALLS = 20

describeWith(['sipp', 'tcpdump'], 'calls between a carrier and a backend', () => {
  let ingress: StandaloneProcess
  let capture: PacketCapture

  beforeAll(async () => {
    ingress = await startStandalone({ manifests: [TRUNK] })
    capture = capturePackets([ingress.udp, ingress.tcp])
    await capture.ready
  })

  afterAll(async () => {
    await capture.stop()
    expect(await ingress.stop()).toEqual([0, null])
  })

  /** A backend for one number of its own, once the rule for it is in use. */
  async function backendFor(number: string, scenario: string, transport: 'UDP' | 'TCP'): Promise<SipBackend> {
    const backend = await startSipBackend({ scenario: scenarioFile(scenario), transport })
    const name = `to-${number.slice(1)}`
    await ingress.apply(`${name}.json`, [dispatchRule(name, number, routeTo([backend.uri]))])
    return backend
  }

  it.each([
    { hangsUp: 'the caller', transport: 'UDP', number: '+15550000001', uac: 'uac-expect-200', uas: 'uas-answer-200' },
    { hangsUp: 'the caller', transport: 'TCP', number: '+15550000002', uac: 'uac-expect-200', uas: 'uas-answer-200' },
    {
      hangsUp: 'the backend',
      transport: 'UDP',
      number: '+15550000003',
      uac: 'uac-expect-bye',
      uas: 'uas-expect-200-to-bye',
    },
    {
      hangsUp: 'the backend',
      transport: 'TCP',
      number: '+15550000004',
      uac: 'uac-expect-bye',
      uas: 'uas-expect-200-to-bye',
    },
  ] as const)('complete over $transport when $hangsUp hangs up', async ({ transport, number, uac, uas }) => {
    const backend = await backendFor(number, uas, transport)
    const port = transport === 'UDP' ? ingress.udp : ingress.tcp
    const caller = await runCaller({ scenario: uac, port, transport, number, calls: CALLS })
    const served = await backend.stop()
    expect(caller).toMatchObject({ exitCode: 0, errors: '' })
    expect(caller.stats.get('SuccessfulCall(C)')).toBe(String(CALLS))
    expect(served.stats.get('SuccessfulCall(C)')).toBe(String(CALLS))
    expect(served.errors).toBe('')
    const answered = { backend: backend.uri, result: 'answered' }
    expect(await ingress.count('sip_dispatch_backend_requests_total', answered)).toBe(CALLS)
  })

  it('end with 487 for the caller and a CANCEL for the backend when the caller gives up while it rings', async () => {
    const number = '+15550000005'
    const backend = await backendFor(number, 'uas-expect-cancel', 'UDP')
    const caller = await runCaller({ scenario: 'uac-expect-487', port: ingress.udp, number, calls: 1 })
    const served = await backend.stop()
    expect(caller).toMatchObject({ exitCode: 0, errors: '' })
    expect(received(caller)).toEqual(['100', '180', '200', '487'])
    expect(received(served)).toEqual(['INVITE', 'CANCEL', 'ACK'])
    expect(served.errors).toBe('')
  })

  it('get exactly one 503 that says why where no rule matches, and their ACK ends it', async () => {
    const caller = await runCaller({
      scenario: 'uac-expect-503',
      port: ingress.udp,
      number: '+15550000999',
      calls: 1,
    })
    await capture.flush()
    expect(caller).toMatchObject({ exitCode: 0, errors: '' })
    expect(received(caller)).toEqual(['503'])
    const sent = messagesOf('+15550000999')
    expect(
      sent.map((text) =>
        text
          .split(' ', 2)
          .join(' ')
          .replace(/sip:.*/, ''),
      ),
    ).toEqual(['INVITE ', 'SIP/2.0 503', 'ACK '])
    expect(headerOf(sent[1] ?? '', 'Warning')).toEqual([expect.stringMatching(/^399 \S+ "no_rule \S+"$/)])
    expect(headerOf(sent[1] ?? '', 'Retry-After')).toEqual([])
  })

  it('get 302 and the contacts of a rule that redirects', async () => {
    const number = '+15550000006'
    const contacts = [{ uri: 'sip:sales@example.com', q: 0.9 }, { uri: 'tel:+15550001234' }]
    await ingress.apply('redirect.json', [
      dispatchRule('redirect', number, { type: 'Redirect', redirect: { contacts } }),
    ])
    const caller = await runCaller({ scenario: 'uac-expect-302', port: ingress.udp, number, calls: 1 })
    await capture.flush()
    expect(caller).toMatchObject({ exitCode: 0, errors: '' })
    const [redirection = '', ...repeats] = messagesOf(number).filter((text) => statusOf(text) > 0)
    expect(repeats).toEqual([])
    expect(headerOf(redirection, 'Contact')).toEqual(['<sip:sales@example.com>;q=0.9', '<tel:+15550001234>'])
  })

  it('get the status and reason of a rule that rejects', async () => {
    const number = '+15550000007'
    const reject = { status: 404, reason: 'No Such Customer' }
    await ingress.apply('reject.json', [dispatchRule('reject', number, { type: 'Reject', reject })])
    const caller = await runCaller({ scenario: 'uac-expect-404', port: ingress.udp, number, calls: 1 })
    await capture.flush()
    expect(caller).toMatchObject({ exitCode: 0, errors: '' })
    const refusals = messagesOf(number).filter((text) => statusOf(text) > 0)
    expect(refusals.map((text) => text.split('\r\n', 1)[0])).toEqual(['SIP/2.0 404 No Such Customer'])
  })

  /** What went over UDP for a number, in the order of the wire. */
  function messagesOf(number: string): string[] {
    const texts = capture.packets.map(({ payload }) => payload.toString('latin1'))
    return texts.filter((text) => text.includes(`<sip:${number}@`))
  }
})
