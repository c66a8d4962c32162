import { afterEach, expect, it } from '@jest/globals'
import { BY_CALL_ID, IN_TURN, startKamailioDispatcher } from '../support/kamailio-dispatcher.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import { describeWith } from '../support/real-part.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { startSteadyCaller } from '../support/steady-caller.ts'

const NUMBER = '+15550000960'
const BUSY = 486
/** Calls that each pod must have had before the carrier stops. */
const SHARE = 10

describeWith(['kamailio'], 'A carrier whose packets all come from one address and port', () => {
  const closing: (() => unknown)[] = []

  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close()
  })

  async function startPod(): Promise<StandaloneProcess> {
    const reject = { type: 'Reject', reject: { status: BUSY } }
    const pod = await startStandalone({
      manifests: [sipTrunk('edge', { sources: ['127.0.0.1'] }), dispatchRule('busy', NUMBER, reject)],
    })
    closing.push(() => pod.stop())
    return pod
  }

  const callIdsOf = ({ log }: StandaloneProcess) =>
    log.filter(({ msg }) => msg === 'call decided').map((line) => line['callId'])

  // docs/topologies.md recommends both.
  it.each([
    ['in turn', IN_TURN],
    ['by Call-ID', BY_CALL_ID],
  ] as const)('is spread over two pods by a dispatcher that chooses %s', async (_, algorithm) => {
    const pods = await Promise.all([startPod(), startPod()])
    const proxy = await startKamailioDispatcher(
      pods.map(({ udp }) => udp),
      algorithm,
    )
    closing.push(() => proxy.stop())
    const caller = await startSteadyCaller(NUMBER, proxy.port, pods)
    closing.push(() => caller.close())
    const outcome = { outcome: 'rejected', trunk: 'default/edge', status: String(BUSY) }
    await Promise.all(pods.map((pod) => pod.counted('sip_dispatch_invites_total', outcome, SHARE)))
    expect(await caller.end()).toEqual({ lost: [], statuses: [BUSY] })
    // A process writes the last lines of its log when it ends.
    await Promise.all(pods.map((pod) => pod.stop()))
    const decided = pods.flatMap(callIdsOf)
    expect(decided.length).toBeGreaterThan(SHARE)
    expect(new Set(decided).size).toBe(decided.length)
  })
})
