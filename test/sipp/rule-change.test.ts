import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { sipTrunk } from '../support/manifest-text.ts'
import { capturePackets, type PacketCapture } from '../support/packet-capture.ts'
import { describeWith } from '../support/real-part.ts'
import { type SipBackend, startSipBackend } from '../support/sip-backend.ts'
import { headerOf } from '../support/sip-text.ts'
import { scenarioFile, startCaller } from '../support/sipp-caller.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'

const NUMBER = '+15550000301'
/** More than are made: it is told to stop. */
const CALLS = 100_000
const RATE = 20
/** Milliseconds: calls that are set up before a change end after it. */
const TALK_MS = 1_500

const REQUESTS = 'sip_dispatch_backend_requests_total'
const REFUSED = 'manifests refused, last good table kept'

describeWith(['sipp', 'tcpdump'], 'a rule file that is edited while calls go on', () => {
  let backends: readonly [SipBackend, SipBackend]
  let ingress: StandaloneProcess
  let capture: PacketCapture

  beforeAll(async () => {
    const scenario = scenarioFile('uas-answer-200')
    backends = [await startSipBackend({ scenario }), await startSipBackend({ scenario })]
    ingress = await startStandalone({ manifests: [sipTrunk('carrier', { sources: ['127.0.0.1'] })] })
    capture = capturePackets(backends.map(({ port }) => port))
    await capture.ready
  })

  afterAll(async () => {
    await capture.stop()
    await ingress.stop()
  })

  const answered = ({ uri }: SipBackend, calls: number): Promise<void> =>
    ingress.counted(REQUESTS, { backend: uri, result: 'answered' }, calls)

  const tables = (): number => ingress.log.filter(({ msg }) => msg === 'route table changed').length

  /** Writes the rule and answers when it was in use, in seconds since 1970; to the millisecond, as the log has it. */
  async function change(text: string): Promise<number> {
    await ingress.apply('rule.yaml', text)
    const line = ingress.log.findLast(({ msg }) => msg === 'route table changed')
    return (Date.parse(String(line?.['time'])) + 1) / 1000
  }

  /** Seconds since 1970 of the INVITEs of new calls that a backend got; a repeat of one belongs to no new call. */
  function invitesAt({ port }: SipBackend): number[] {
    const invites = capture.packets.filter(({ dstPort, payload }) => {
      return dstPort === port && payload.toString('latin1', 0, 7) === 'INVITE '
    })
    const first = new Map<string | undefined, number>()
    for (const { payload, time } of invites) {
      const [callId] = headerOf(payload.toString('latin1'), 'Call-ID')
      if (!first.has(callId)) first.set(callId, time)
    }
    return [...first.values()]
  }

  it('moves every new call at once, costs none, and a bad edit changes nothing but the log', async () => {
    const [first, second] = backends
    await ingress.apply('rule.yaml', ruleText(first))
    const args = ['-d', String(TALK_MS)]
    const caller = { scenario: 'uac-expect-200', port: ingress.udp, number: NUMBER, calls: CALLS, rate: RATE, args }
    const calling = await startCaller(caller)
    await answered(first, RATE)

    const movedAt = await change(ruleText(second))
    await answered(second, RATE)
    const before = tables()
    ingress.write('rule.yaml', ruleText(second).replace('backends:', 'backend:'))
    const refusal = await ingress.said(({ problem }) => String(problem).includes('unknown field'))
    expect(refusal).toMatchObject({ level: 'error', msg: REFUSED })
    expect(refusal['problem']).toMatch(
      /\/rule\.yaml:9: spec\.action\.route\.backend: unknown field \(expected backends\)$/,
    )
    await answered(second, 2 * RATE)
    expect(tables()).toBe(before)

    const movedBackAt = await change(ruleText(first))
    const sofar = await ingress.count(REQUESTS, { backend: first.uri, result: 'answered' })
    await answered(first, sofar + RATE)
    calling.child.kill('SIGUSR1')
    const made = await calling.ended
    await capture.flush()
    const [atFirst, atSecond] = [invitesAt(first), invitesAt(second)]
    const served = await Promise.all(backends.map((backend) => backend.stop()))

    expect(made).toMatchObject({ exitCode: 0, errors: '' })
    expect(made.stats.get('FailedCall(C)')).toBe('0')
    expect(served.map(({ errors }) => errors)).toEqual(['', ''])
    expect(String(atFirst.length + atSecond.length)).toBe(made.stats.get('SuccessfulCall(C)'))
    expect(atFirst.filter((time) => time > movedAt && time < movedBackAt - 0.001)).toEqual([])
    expect(atSecond.filter((time) => time > movedBackAt)).toEqual([])
    expect(atFirst.filter((time) => time > movedBackAt).length).toBeGreaterThanOrEqual(RATE)
  })

  it('may name a network that is none: file, line and field are in the log, and the table stays', async () => {
    const before = tables()
    ingress.write('trunk.yaml', TRUNK_OF_NO_NETWORK)
    const refusal = await ingress.said(({ problem }) => String(problem).includes('10.0.0.1/33'))
    expect(refusal['problem']).toMatch(/\/trunk\.yaml:6: spec\.sources\[1\]: .*10\.0\.0\.1\/33/)
    expect(tables()).toBe(before)
    await ingress.apply('trunk.yaml', TRUNK_OF_NO_NETWORK.replace('/33', '/32'))
    expect(tables()).toBe(before + 1)
  })
})

const TRUNK_OF_NO_NETWORK = `apiVersion: sipdispatch.dev/v1alpha1
kind: SipTrunk
metadata: {name: other}
spec:
  sources: [192.0.2.1,
    10.0.0.1/33]
`

function ruleText({ uri }: SipBackend): string {
  return `apiVersion: sipdispatch.dev/v1alpha1
kind: DispatchRule
metadata: {name: edited}
spec:
  match: {called: [{exact: "${NUMBER}"}]}
  action:
    type: Route
    route:
      backends:
        - {uri: "${uri}"}
`
}
