import { describe, expect, it } from '@jest/globals'
import type { Endpoint, ServiceEntry } from '../../ingress/route-table/route-table.ts'
import { answerCall, backendSide } from '../support/answered-call.ts'
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
import { headerOf, methodOf, requestText, responseText, statusOf } from '../support/sip-text.ts'

const PBX = 'default/pbx:5060'

/** B1 and B2 behind a Service, each in a state or not there at all. */
function pbx(first: Endpoint['state'] | undefined, second: Endpoint['state'] | undefined): ServiceEntry {
  const endpoints: Endpoint[] = []
  if (first) endpoints.push({ address: '10.0.0.1', port: 5080, state: first })
  if (second) endpoints.push({ address: '10.0.0.2', port: 5080, state: second })
  return { kind: 'service', name: PBX, namespace: 'default', transport: 'UDP', endpoints }
}

const rule = ruleEntry({ action: routeAction({ backends: [{ service: PBX, weight: 1, tier: 0 }] }) })

/** `fractions` are what the choice is drawn from, one for each call to two endpoints; then zeros. */
async function serving(service: ServiceEntry, ...fractions: number[]): Promise<Harness> {
  const fraction = (): number => fractions.shift() ?? 0
  return await startHarness({ entries: [trunkEntry(), rule, service], fraction })
}

function change(harness: Harness, service: ServiceEntry): void {
  harness.table.apply({ upserted: [service], removed: [] }, harness.table.version + 1)
}

function call(harness: Harness, id: string): void {
  harness.network.deliver(PEER, requestText({ callId: id, branch: `z9hG4bK-${id}` }))
}

const last = (harness: Harness, to: string): string => harness.sentTo(to).at(-1) ?? ''
const invites = (harness: Harness, to: string): number =>
  new Set(
    harness
      .sentTo(to)
      .filter((text) => methodOf(text) === 'INVITE')
      .flatMap((text) => headerOf(text, 'Call-ID')),
  ).size

function optionsFrom(harness: Harness, from: string): number[] {
  const before = harness.sentTo(from).length
  const via = `SIP/2.0/UDP ${from};branch=z9hG4bK-o${before}`
  harness.network.deliver(from, requestText({ method: 'OPTIONS', via, uri: 'sip:192.0.2.1' }))
  return harness.sentTo(from).slice(before).map(statusOf)
}

describe('a Service as a backend', () => {
  it('shares calls among its ready endpoints, and counts them under its own name', async () => {
    const harness = await serving(pbx('ready', 'ready'), 0, 0.5)
    call(harness, 'a')
    call(harness, 'b')
    expect([invites(harness, B1), invites(harness, B2)]).toEqual([1, 1])
    for (const endpoint of [B1, B2]) harness.network.deliver(endpoint, responseText(last(harness, endpoint), 200))
    const attempts = harness.events.filter((event) => event.type === 'backend-attempt')
    expect(attempts.map(({ backend, result }) => [backend, result])).toEqual([
      [PBX, 'answered'],
      [PBX, 'answered'],
    ])
    expect(harness.calls().map(({ outcome, backend }) => [outcome, backend])).toEqual([
      ['forwarded', PBX],
      ['forwarded', PBX],
    ])
  })

  it('fails over from one endpoint to the next', async () => {
    const harness = await serving(pbx('ready', 'ready'))
    call(harness, 'a')
    harness.network.deliver(B1, responseText(last(harness, B1), 503))
    expect([invites(harness, B1), invites(harness, B2)]).toEqual([1, 1])
    harness.network.deliver(B2, responseText(last(harness, B2), 200))
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([100, 200])
  })

  it('leaves alone the one endpoint that asks for it with Retry-After', async () => {
    const harness = await serving(pbx('ready', 'ready'))
    call(harness, 'a')
    harness.network.deliver(B1, responseText(last(harness, B1), 503, { extra: ['Retry-After: 30'] }))
    call(harness, 'b')
    expect([invites(harness, B1), invites(harness, B2)]).toEqual([1, 2])
    expect(harness.events).toContainEqual({
      type: 'backend-health',
      backend: PBX,
      endpoint: B1,
      up: false,
      reason: 'retry_after',
    })
    harness.clock.advance(30_000)
    call(harness, 'c')
    expect(invites(harness, B1)).toBe(2)
  })

  it.each<[string, ServiceEntry[]]>([
    ['without a ready endpoint', [pbx('draining', undefined)]],
    ['that the table does not have', []],
  ])('%s refuses the call at once, and no lower rule takes it', async (_what, services) => {
    const lower = ruleEntry({ name: 'default/lower', priority: -1, action: routeAction() })
    const harness = await startHarness({ entries: [trunkEntry(), rule, lower, ...services] })
    call(harness, 'a')
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([503])
    expect(harness.calls()).toMatchObject([{ outcome: 'no_backend', rule: rule.name, backend: '' }])
  })

  it('takes an endpoint that becomes ready for the next call', async () => {
    const harness = await serving(pbx('ready', undefined), 0.5)
    change(harness, pbx('ready', 'ready'))
    call(harness, 'a')
    expect([invites(harness, B1), invites(harness, B2)]).toEqual([0, 1])
  })
})

describe('an endpoint that drains', () => {
  it('gets no new call', async () => {
    const harness = await serving(pbx('ready', 'ready'))
    change(harness, pbx('draining', 'ready'))
    call(harness, 'a')
    expect([invites(harness, B1), invites(harness, B2)]).toEqual([0, 1])
  })

  it('gets the BYE of a call that it holds', async () => {
    const harness = await serving(pbx('ready', 'ready'))
    const { inDialog } = answerCall(harness)
    change(harness, pbx('draining', 'ready'))
    harness.network.deliver(PEER, requestText({ method: 'BYE', cseq: 2, ...inDialog, branch: 'z9hG4bK-2' }))
    expect(methodOf(last(harness, B1))).toBe('BYE')
    harness.network.deliver(B1, responseText(last(harness, B1), 200))
    expect(statusOf(last(harness, PEER))).toBe(200)
  })

  it('hangs up a call that it holds', async () => {
    const harness = await serving(pbx('ready', 'ready'))
    const answered = answerCall(harness)
    change(harness, pbx('draining', 'ready'))
    harness.network.deliver(B1, requestText({ ...backendSide(answered), method: 'BYE', cseq: 9 }))
    expect(methodOf(last(harness, PEER))).toBe('BYE')
  })

  it('may take over a call of another endpoint: a target refresh to it is followed', async () => {
    const harness = await serving(pbx('ready', 'ready'))
    const { inDialog } = answerCall(harness)
    change(harness, pbx('ready', 'draining'))
    const bye = requestText({ method: 'BYE', cseq: 2, ...inDialog, uri: `sip:agent@${B2}`, branch: 'z9hG4bK-2' })
    harness.network.deliver(PEER, bye)
    expect(methodOf(last(harness, B2))).toBe('BYE')
  })

  it('is a known peer, and a stranger once it is gone', async () => {
    const harness = await serving(pbx('draining', 'ready'))
    expect(optionsFrom(harness, B1)).toEqual([200])
    change(harness, pbx(undefined, 'ready'))
    expect(optionsFrom(harness, B1)).toEqual([])
    expect(optionsFrom(harness, B2)).toEqual([200])
  })

  it('that is gone still hangs up by the cookie of its call, as any peer of a dialog may', async () => {
    const harness = await serving(pbx('ready', 'ready'))
    const answered = answerCall(harness)
    change(harness, pbx(undefined, 'ready'))
    harness.network.deliver(B1, requestText({ ...backendSide(answered), method: 'BYE', cseq: 9 }))
    expect(methodOf(last(harness, PEER))).toBe('BYE')
  })
})
