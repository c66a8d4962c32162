import { expect, it } from '@jest/globals'
import { startLossyRelay } from '../support/lossy-relay.ts'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { describeWith } from '../support/real-part.ts'
import { startSipBackend } from '../support/sip-backend.ts'
import { runCaller, scenarioFile } from '../support/sipp-caller.ts'
import { startStandalone } from '../support/standalone-process.ts'

const NUMBER = '+15550000201'
const CALLS = 50
const LOSS = 0.2
const FEWEST_COMPLETED = 0.9

/** Milliseconds: the longest that retransmissions of one call may take, twice. */
const LOSSY_CALLS_MS = 80_000

describeWith(['sipp'], 'a line that loses every fifth packet', () => {
  it(
    'on either side of the ingress costs time, and no call its final response',
    async () => {
      const [outer, inner] = await Promise.all([
        startLossyRelay({ seed: 20_261_001, loss: LOSS }),
        startLossyRelay({ seed: 20_261_002, loss: LOSS }),
      ])
      const backend = await startSipBackend({
        scenario: scenarioFile('uas-expect-bye-after-loss'),
        args: ['-key', 'contact_port', String(inner.port)],
      })
      inner.connect(backend.port)
      // On such a line a backend may seem silent for longer than the usual time-out.
      const route = routeTo([`sip:127.0.0.1:${inner.port}`], { timeouts: { backend: '32s' } })
      const ingress = await startStandalone({
        manifests: [sipTrunk('carrier', { sources: ['127.0.0.1'] }), dispatchRule('lossy', NUMBER, route)],
      })
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
      await Promise.all([ingress.stop(), backend.stop()])
      for (const relay of [outer, inner]) relay.close()
      const [completed, failed] = ['SuccessfulCall(C)', 'FailedCall(C)'].map((name) => Number(caller.stats.get(name)))
      // A line this bad may take every copy of a message; such a call ends with an answer of the ingress all the same.
      expect(completed).toBeGreaterThanOrEqual(CALLS * FEWEST_COMPLETED)
      expect((completed ?? 0) + (failed ?? 0)).toBe(CALLS)
      expect(unanswered).toBe(0)
      for (const { counts } of [outer, inner]) expect(counts.lost).toBeGreaterThan(CALLS)
    },
    LOSSY_CALLS_MS,
  )
})
