import { afterEach, expect, it } from '@jest/globals'
import { INGRESS_SETTINGS } from '../../cli/settings/settings.ts'
import { type KamailioDispatcher, startKamailioDispatcher } from '../support/kamailio-dispatcher.ts'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import { describeWith } from '../support/real-part.ts'
import { type SharedAddress, startSharedAddress } from '../support/shared-address.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { type SteadyCaller, startSteadyCaller } from '../support/steady-caller.ts'

const NUMBER = '+15550000950'

/** What the rule says to every call: any other final status was not decided by its rule. */
const BUSY = 486

describeWith(['kamailio'], 'A pod that is restarted while calls come in', () => {
  const closing: (() => unknown)[] = []

  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close()
  })

  /** A pod with the settle time that an ingress has by default. */
  async function startPod(settleOptions: 'unavailable' | 'ok'): Promise<StandaloneProcess> {
    const [settle] = INGRESS_SETTINGS.settleSeconds.fallback
    const reject = { type: 'Reject', reject: { status: BUSY } }
    const pod = await startStandalone({
      manifests: [sipTrunk('edge', { sources: ['127.0.0.1'] }), dispatchRule('busy', NUMBER, reject)],
      flags: ['--settle-seconds', settle, '--settle-options', settleOptions],
    })
    closing.push(() => pod.stop())
    return pod
  }

  async function startProxy(targets: readonly number[]): Promise<KamailioDispatcher> {
    const proxy = await startKamailioDispatcher(targets)
    closing.push(() => proxy.stop())
    return proxy
  }

  async function callThrough(proxy: KamailioDispatcher, pods: readonly StandaloneProcess[]): Promise<SteadyCaller> {
    const caller = await startSteadyCaller(NUMBER, proxy.port, pods)
    closing.push(() => caller.close())
    return caller
  }

  /** Ends the pod once it has calls; answers how many more it took while it settled. */
  async function restart(pod: StandaloneProcess): Promise<number> {
    await pod.counted('sip_dispatch_invites_total', { outcome: 'rejected', trunk: 'default/edge', status: '486' }, 5)
    expect(await pod.stop('SIGTERM')).toEqual([0, null])
    const settling = pod.log.findIndex(({ phase }) => phase === 'settling')
    return pod.log.slice(settling).filter(({ msg }) => msg === 'call decided').length
  }

  it('refuses no call behind a dispatcher that probes every pod by itself', async () => {
    const [first, second] = [await startPod('unavailable'), await startPod('unavailable')]
    const proxy = await startProxy([first.udp, second.udp])
    const caller = await callThrough(proxy, [first, second])
    expect(await restart(first)).toBeGreaterThan(0)
    expect(await caller.end()).toEqual({ lost: [], statuses: [BUSY] })
  })

  it('refuses no call behind one address that is probed from one port, however often it lands on that pod', async () => {
    const [first, second] = [await startPod('ok'), await startPod('ok')]
    const shared: SharedAddress = await startSharedAddress([first, second])
    closing.push(() => shared.close())
    const proxy = await startProxy([shared.port])
    const caller = await callThrough(proxy, [first, second])
    expect(await restart(first)).toBeGreaterThan(0)
    expect(await caller.end()).toEqual({ lost: [], statuses: [BUSY] })
  })
})
