import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { sipTrunk } from '../support/manifest-text.ts'
import { capturePackets, type PacketCapture } from '../support/packet-capture.ts'
import { describeWith } from '../support/real-part.ts'
import { type SipBackend, startSipBackend } from '../support/sip-backend.ts'
import { runCaller, scenarioFile } from '../support/sipp-caller.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'

const NUMBER = '+15550000301'
const CALLS = 120
const RATE = 20
/** Milliseconds: calls that are set up before a change end after it. */
const TALK_MS = 1_500

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
    ingress.counted('sip_dispatch_backend_requests_total', { backend: uri, result: 'answered' }, calls)

  const tables = (): number => ingress.log.filter(({ msg }) => msg === 'route table changed').length

  /** Writes the rule and answers when, in seconds since 1970. */
  function writeRule(text: string): number {
    ingress.write('rule.yaml', text)
    return Date.now() / 1000
  }

  /** Seconds since 1970 of the INVITEs that a backend got. */
  const invitesAt = ({ port }: SipBackend): number[] =>
    capture.packets
      .filter(({ dstPort, payload }) => dstPort === port && payload.toString('latin1', 0, 7) === 'INVITE ')
      .map(({ time }) => time)

  it('moves new calls within a second, costs none, and a bad edit changes nothing but the log', async () => {
    const [first, second] = backends
    await ingress.apply('rule.yaml', ruleText(first))
    const args = ['-d', String(TALK_MS)]
    const calling = runCaller({
      scenario: 'uac-expect-200',
      port: ingress.udp,
      number: NUMBER,
      calls: CALLS,
      rate: RATE,
      args,
    })
    await answered(first, RATE)

    const movedAt = writeRule(ruleText(second))
    await answered(second, RATE)
    const before = tables()
    writeRule(ruleText(second).replace('backends:', 'backend:'))
    const refusal = await ingress.said(({ problem }) => String(problem).includes('unknown field'))
    expect(refusal).toMatchObject({ level: 'error', msg: REFUSED })
    expect(refusal['problem']).toMatch(
      /\/rule\.yaml:9: spec\.action\.route\.backend: unknown field \(expected backends\)$/,
    )
    await answered(second, 2 * RATE)
    expect(tables()).toBe(before)

    const movedBackAt = writeRule(ruleText(first))
    const caller = await calling
    await capture.flush()
    const [atFirst, atSecond] = [invitesAt(first), invitesAt(second)]
    const served = await Promise.all(backends.map((backend) => backend.stop()))

    expect(caller).toMatchObject({ exitCode: 0, errors: '' })
    expect(caller.stats.get('SuccessfulCall(C)')).toBe(String(CALLS))
    expect(served.map(({ errors }) => errors)).toEqual(['', ''])
    expect(atFirst.length + atSecond.length).toBe(CALLS)
    const inBetween = atFirst.filter((time) => time > movedAt && time < movedBackAt)
    expect(Math.max(...inBetween, movedAt) - movedAt).toBeLessThan(1)
    expect(Math.max(...atSecond) - movedBackAt).toBeLessThan(1)
    expect(atFirst.filter((time) => time > movedBackAt).length).toBeGreaterThan(0)
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
