import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { describeWith } from '../support/real-part.ts'
import { startSipBackend } from '../support/sip-backend.ts'
import { headerOf } from '../support/sip-text.ts'
import { runCaller, scenarioFile } from '../support/sipp-caller.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'

const CALLS = 5

describeWith(['sipp', '::1'], 'calls over IPv6', () => {
  let ingress: StandaloneProcess

  beforeAll(async () => {
    ingress = await startStandalone({
      manifests: [sipTrunk('carrier', { sources: ['127.0.0.1', '::1'] })],
      listen: ['udp://127.0.0.1:0', 'udp://[::1]:0', 'tcp://[::1]:0'],
    })
  })

  afterAll(async () => {
    expect(await ingress.stop()).toEqual([0, null])
  })

  it.each([
    { from: '::1', to: '::1', transport: 'UDP', hangsUp: 'caller', number: '+15550000701', recordRoutes: 1 },
    { from: '::1', to: '::1', transport: 'TCP', hangsUp: 'caller', number: '+15550000702', recordRoutes: 1 },
    { from: '127.0.0.1', to: '::1', transport: 'UDP', hangsUp: 'caller', number: '+15550000703', recordRoutes: 2 },
    { from: '::1', to: '127.0.0.1', transport: 'UDP', hangsUp: 'caller', number: '+15550000704', recordRoutes: 2 },
    { from: '127.0.0.1', to: '::1', transport: 'UDP', hangsUp: 'backend', number: '+15550000705', recordRoutes: 2 },
  ] as const)('complete from $from to $to over $transport when the $hangsUp hangs up', async (call) => {
    const { from, to, transport, hangsUp, number, recordRoutes } = call
    const uas = hangsUp === 'caller' ? 'uas-answer-200' : 'uas-expect-200-to-bye'
    const uac = hangsUp === 'caller' ? 'uac-expect-200' : 'uac-expect-bye'
    const backend = await startSipBackend({ scenario: scenarioFile(uas), transport, address: to })
    const name = `to-${number.slice(1)}`
    await ingress.apply(`${name}.json`, [dispatchRule(name, number, routeTo([backend.uri]))])
    const at = ingress.listening.find((on) => on.address === from && on.transport === transport.toLowerCase())
    const caller = await runCaller({
      scenario: uac,
      address: from,
      port: at?.port ?? 0,
      transport,
      number,
      calls: CALLS,
    })
    const served = await backend.stop()
    expect(caller).toMatchObject({ exitCode: 0, errors: '' })
    expect(caller.stats.get('SuccessfulCall(C)')).toBe(String(CALLS))
    expect(served.stats.get('SuccessfulCall(C)')).toBe(String(CALLS))
    // RFC 5658 §5: where the family changes, each side gets a route of its own family.
    const invite = served.messages.find(({ text }) => text.startsWith('INVITE '))?.text ?? ''
    expect(headerOf(invite.replaceAll('\n', '\r\n').replaceAll('\r\r', '\r'), 'Record-Route')).toHaveLength(
      recordRoutes,
    )
  })
})
