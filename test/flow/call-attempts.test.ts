/** The tries of a call as the one event of the call tells them. */
import { describe, expect, it } from '@jest/globals'
import type { CallDecided } from '../../ingress/call/call-events.ts'
import {
  B1,
  B2,
  type Harness,
  PEER,
  routeAction,
  ruleEntry,
  startHarness,
  trunkEntry,
} from '../support/engine-harness.ts'
import { requestText, responseText } from '../support/sip-text.ts'
import { serviceEntry } from '../support/table-entries.ts'

const CANCEL = requestText({ method: 'CANCEL' })
const backendOf = (place: string) => `sip:${place}`

function answer(harness: Harness, place: string, status: number, extra: readonly string[] = []): void {
  harness.network.deliver(place, responseText(harness.sentTo(place)[0] ?? '', status, { extra }))
}

/** `backend result status milliseconds` of each try, then `backend result` of who was passed over. */
function told(call: CallDecided | undefined): string[] {
  const tried = call?.attempts.map(
    ({ place, result, status, beganAt, endedAt }) => `${place} ${result} ${status} ${Math.round(endedAt - beganAt)}`,
  )
  return [...(tried ?? []), ...(call?.passedOver.map(({ backend, result }) => `${backend} ${result}`) ?? [])]
}

async function called(change: Parameters<typeof routeAction>[0] = {}): Promise<Harness> {
  const harness = await startHarness({ entries: [trunkEntry(), ruleEntry({ action: routeAction(change) })] })
  harness.network.deliver(PEER, requestText())
  return harness
}

describe('the tries of a call', () => {
  it('are all there where a later backend took it, each with its own time', async () => {
    const harness = await called()
    harness.clock.advance(2000)
    harness.clock.advance(300)
    answer(harness, B2, 200)
    expect(harness.calls()).toMatchObject([{ outcome: 'forwarded', backend: backendOf(B2) }])
    expect(told(harness.calls()[0])).toEqual([`sip:${B1} timeout 0 2000`, `sip:${B2} answered 200 300`])
  })

  it('are all there where none took it', async () => {
    const harness = await called()
    answer(harness, B1, 500)
    answer(harness, B2, 503)
    expect(harness.calls()).toMatchObject([{ outcome: 'no_backend', backend: backendOf(B1) }])
    expect(told(harness.calls()[0])).toEqual([`sip:${B1} refused 500 0`, `sip:${B2} refused 503 0`])
  })

  it('tell an answer that came after the backend had been given up, and that the next one is cancelled for it', async () => {
    const harness = await called()
    harness.clock.advance(2500)
    answer(harness, B1, 200)
    expect(told(harness.calls()[0])).toEqual([`sip:${B1} late 200 2500`, `sip:${B2} cancelled 0 500`])
    answer(harness, B2, 200)
    expect(told(harness.calls()[0])).toEqual([`sip:${B1} late 200 2500`, `sip:${B2} cancelled 0 500`])
  })

  it('tell how long a backend rang before the caller gave up', async () => {
    const harness = await called()
    answer(harness, B1, 180)
    harness.clock.advance(7000)
    harness.network.deliver(PEER, CANCEL)
    answer(harness, B1, 487)
    expect(harness.calls()).toMatchObject([{ outcome: 'cancelled' }])
    expect(told(harness.calls()[0])).toEqual([`sip:${B1} cancelled 487 7000`])
  })

  it('tell a backend that rings until the rule has enough', async () => {
    const harness = await called({ ringingTimeout: 5000 })
    answer(harness, B1, 180)
    harness.clock.advance(5000)
    answer(harness, B1, 487)
    expect(told(harness.calls()[0])).toEqual([`sip:${B1} timeout 487 5000`])
  })

  it('tell the backend whose call a process ends that is told to go', async () => {
    const harness = await called()
    answer(harness, B1, 180)
    harness.clock.advance(1000)
    await harness.engine.close()
    expect(harness.calls()).toMatchObject([{ outcome: 'no_backend', status: 503 }])
    expect(told(harness.calls()[0])).toEqual([`sip:${B1} cancelled 0 1000`])
  })

  it('name the endpoints of a Service', async () => {
    const backends = [{ service: 'team/pbx:5060', weight: 1, tier: 0 }]
    const service = serviceEntry('pbx', { ready: ['10.0.0.1 5080', '10.0.0.2 5080'] })
    const entries = [trunkEntry(), ruleEntry({ action: routeAction({ backends }) }), service]
    const harness = await startHarness({ entries })
    harness.network.deliver(PEER, requestText())
    answer(harness, B1, 503)
    answer(harness, B2, 200)
    expect(told(harness.calls()[0])).toEqual([`${B1} refused 503 0`, `${B2} answered 200 0`])
    expect(harness.calls()[0]?.attempts.map(({ backend }) => backend)).toEqual(['team/pbx:5060', 'team/pbx:5060'])
  })
})

describe('who was passed over', () => {
  it('is a backend that is paused, while another takes the call and where none is left', async () => {
    const harness = await called()
    answer(harness, B1, 503, ['Retry-After: 60'])
    answer(harness, B2, 503, ['Retry-After: 30'])
    harness.network.deliver(PEER, requestText({ callId: 'second', branch: 'z9hG4bK-second' }))
    harness.clock.advance(30_000)
    harness.network.deliver(PEER, requestText({ callId: 'third', branch: 'z9hG4bK-third' }))
    harness.network.deliver(B2, responseText(harness.sentTo(B2).at(-1) ?? '', 486))
    const [, second, third] = harness.calls()
    expect(second).toMatchObject({ outcome: 'no_backend', status: 503 })
    expect(told(second)).toEqual([`sip:${B1} paused`, `sip:${B2} paused`])
    expect(third).toMatchObject({ outcome: 'forwarded', status: 486 })
    expect(told(third)).toEqual([`sip:${B2} refused 486 0`, `sip:${B1} paused`])
  })

  it('is a backend that no socket reaches, and a Service without an endpoint, once each', async () => {
    const v6 = { uri: 'sip:[2001:db8::5]', address: '2001:db8::5', port: 5060, uriParameters: '', weight: 1, tier: 0 }
    const empty = { service: 'team/none:5060', weight: 1, tier: 0 }
    const harness = await called({ backends: [v6, v6, empty] })
    expect(told(harness.calls()[0])).toEqual(['sip:[2001:db8::5] no_socket', 'team/none:5060 no_endpoint'])
  })

  it('is nobody where the rule rejects or redirects', async () => {
    const action = { type: 'Reject', status: 404, reason: 'Not Found' } as const
    const harness = await startHarness({ entries: [trunkEntry(), ruleEntry({ action })] })
    harness.network.deliver(PEER, requestText())
    expect(harness.calls()).toMatchObject([{ outcome: 'rejected', attempts: [], passedOver: [] }])
  })
})
