import { afterEach, expect, it } from '@jest/globals'
import { type LossyRelay, startLossyRelay } from '../support/lossy-relay.ts'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { describeWith } from '../support/real-part.ts'
import { startRepeatingBackend } from '../support/repeating-backend.ts'
import { runCaller } from '../support/sipp-caller.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'

const NUMBER = '+15550000201'
const CALLS = 50
const LOSS = 0.2

/** Milliseconds: the longest that retransmissions of one call may take, twice. */
const LOSSY_CALLS_MS = 300_000

describeWith(['sipp'], 'a line that loses every fifth packet', () => {
  const started: { stop(): Promise<unknown> }[] = []

  afterEach(async () => {
    await Promise.all(started.splice(0).map((part) => part.stop()))
  })

  /** A backend behind a bad line. */
  async function distantBackend(line: LossyRelay): Promise<void> {
    const backend = await startRepeatingBackend({ contactPort: line.port })
    started.push(backend)
    line.connect(backend.port)
  }

  async function ingressTo(port: number): Promise<StandaloneProcess> {
    // On such a line a backend may seem silent for longer than the usual time-out.
    const route = routeTo([`sip:127.0.0.1:${port}`], { timeouts: { backend: '32s' } })
    const ingress = await startStandalone({
      manifests: [sipTrunk('carrier', { sources: ['127.0.0.1'] }), dispatchRule('lossy', NUMBER, route)],
    })
    started.push(ingress)
    return ingress
  }

  it(
    'on either side of the ingress costs time, and no call its answer',
    async () => {
      const outer = await startLossyRelay({ seed: 20_261_001, loss: LOSS })
      const inner = await startLossyRelay({ seed: 20_261_002, loss: LOSS })
      const lines = [outer, inner]
      await distantBackend(inner)
      const ingress = await ingressTo(inner.port)
      outer.connect(ingress.udp)
      const caller = await runCaller({
        scenario: 'uac-expect-200',
        port: outer.port,
        number: NUMBER,
        calls: CALLS,
        args: ['-max_retrans', '10'],
        timeoutMs: LOSSY_CALLS_MS,
      })
      const unanswered = await ingress.count('sip_dispatch_invites_unanswered_total', { trunk: 'default/carrier' })
      for (const line of lines) line.close()
      const [completed = 0, failed = 0] = ['SuccessfulCall(C)', 'FailedCall(C)'].map((name) =>
        Number(caller.stats.get(name)),
      )
      expect({ completed, failed }).toEqual({ completed: CALLS, failed: 0 })
      expect(unanswered).toBe(0)
      for (const { counts } of lines) expect(counts.lost).toBeGreaterThan(CALLS)
    },
    LOSSY_CALLS_MS,
  )
})
