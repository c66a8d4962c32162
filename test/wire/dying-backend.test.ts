/** Fifty calls a second on two backends, one of which dies under them: what callers notice of it, and for how long. */
import { afterEach, describe, expect, it } from '@jest/globals'
import { type AnsweringBackend, openAnsweringBackend } from '../support/answering-backend.ts'
import { sampleValue } from '../support/exposition-text.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import type { LogLine } from '../support/serving-process.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { type SteadyCaller, startSteadyCaller } from '../support/steady-caller.ts'

const NUMBER = '+15550000700'
/** Milliseconds of `timeouts.backend`: what a call waits that meets the dead backend. */
const TIMEOUT_MS = 1_000
/** Calls that are looked at before the backend dies, and after its ejection: one second of them. */
const CALLS = 50

interface Attempt {
  readonly backend: string
  readonly result: string
}

const isCall = ({ msg }: LogLine): boolean => msg === 'call decided'
const timeOf = (line: LogLine): number => Date.parse(String(line['time']))
const attemptsOf = (line: LogLine) => (line['attempts'] ?? []) as readonly Attempt[]

describe('a backend that dies under fifty calls a second', () => {
  let ingress: StandaloneProcess | undefined
  let caller: SteadyCaller | undefined
  let backends: readonly AnsweringBackend[] = []

  afterEach(async () => {
    caller?.close()
    for (const backend of backends) backend.close()
    await ingress?.stop()
  })

  /** The lines of calls that began after this line, as soon as there are enough. */
  async function callsAfter(down: LogLine): Promise<readonly LogLine[]> {
    const after = timeOf(down)
    const began = (line: LogLine) => isCall(line) && timeOf(line) - Number(line['totalMs']) > after
    await ingress?.said((line) => began(line) && (ingress?.log.filter(began).length ?? 0) > CALLS)
    return ingress?.log.filter(began) ?? []
  }

  it('costs the calls that were under way a wait, and none of them is lost; later calls do not meet it', async () => {
    backends = [await openAnsweringBackend(), await openAnsweringBackend()]
    const [dying, other] = backends as readonly [AnsweringBackend, AnsweringBackend]
    const routed = dispatchRule('both', NUMBER, {
      type: 'Route',
      route: { backends: backends.map(({ uri }) => ({ uri })), timeouts: { backend: `${TIMEOUT_MS}ms` } },
    })
    ingress = await startStandalone({ manifests: [sipTrunk('carrier', { sources: ['127.0.0.1'] }), routed] })
    caller = await startSteadyCaller(NUMBER, ingress.udp, [ingress])
    await ingress.said((line) => isCall(line) && dying.came('INVITE') > CALLS / 4 && other.came('INVITE') > CALLS / 4)

    dying.status = 0
    const down = await ingress.said(({ msg }) => msg === 'backend down')
    expect(down).toMatchObject({ backend: dying.uri, reason: 'timeout' })
    expect(sampleValue(await ingress.metrics(), 'sip_dispatch_backend_up', { backend: dying.uri })).toBe(0)

    const later = await callsAfter(down)
    const met = later.flatMap(attemptsOf).filter(({ backend, result }) => backend === dying.uri && result !== 'ejected')
    expect(met).toEqual([])
    const { lost, statuses } = await caller.end()
    expect([lost, statuses]).toEqual([[], [200]])
    const waited = ingress.log
      .filter(isCall)
      .filter((line) => attemptsOf(line).some(({ result }) => result === 'timeout'))
    // Half of the calls go to each. Those of one timeout are under way when the third time-out ejects the backend.
    expect(waited.length).toBeGreaterThan(0)
    expect(waited.length).toBeLessThan(2 * CALLS)
  }, 120_000)
})
