import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import { headerOf, type RequestText, requestText, statusOf } from '../support/sip-text.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { type DatagramPeer, openDatagramPeer } from '../support/wire-socket.ts'

const [ALPHA, BETA, OWNER, EMPTY, STRANGER] = ['127.0.0.1', '127.0.0.11', '127.0.0.12', '127.0.0.13', '127.0.0.2']
const INVITES = 'sip_dispatch_invites_total'
const NO_RULE = 'sip_dispatch_no_rule_total'

const REJECT = { type: 'Reject', reject: { status: 404 } }

/** A rule of one trunk. */
function ruleOf(trunk: string, match: object): object {
  const rule = dispatchRule(`${trunk}-${Object.keys(match).join('-')}`, 'unused', REJECT)
  return { ...rule, spec: { trunkRefs: [{ name: trunk }], match, action: REJECT } }
}

/** A rule of alpha that holds between two dates. */
function scheduledRule(exact: string, dates: object): object {
  const match = { called: [{ exact }], schedule: { timeZone: 'UTC', ...dates } }
  const rule = dispatchRule(`scheduled-${exact.slice(1)}`, exact, REJECT)
  return { ...rule, spec: { trunkRefs: [{ name: 'alpha' }], match, action: REJECT } }
}

describe('what became of a call', () => {
  let ingress: StandaloneProcess
  const peers: DatagramPeer[] = []
  let calls = 0

  beforeAll(async () => {
    ingress = await startStandalone({
      manifests: [
        sipTrunk('alpha', { sources: [ALPHA] }),
        sipTrunk('beta', { sources: [BETA], responses: { noRule: { status: 480, reason: 'Try Another Route' } } }),
        sipTrunk('owner', { sources: [OWNER], called: [{ prefix: '+1555' }] }),
        sipTrunk('empty', { sources: [EMPTY] }),
        ruleOf('alpha', { called: [{ exact: '+15550000501' }], calling: [{ exact: '+15550000599' }] }),
        ruleOf('alpha', { called: [{ exact: '+15550000502' }], headers: [{ name: 'X-Tenant', exact: 'blue' }] }),
        scheduledRule('+15550000505', { validFrom: '2020-01-01', validUntil: '2020-12-31' }),
        scheduledRule('+15550000506', { validFrom: '2020-01-01', validUntil: '2099-12-31' }),
        ruleOf('beta', { called: [{ exact: '+15550000503' }] }),
        ruleOf('owner', { called: [{ exact: '+15550000504' }] }),
      ],
    })
  })

  afterEach(() => {
    for (const peer of peers.splice(0)) peer.close()
  })

  afterAll(async () => {
    await ingress.stop()
  })

  async function invite(address: string, number: string, change: RequestText = {}): Promise<DatagramPeer> {
    const peer = await openDatagramPeer(address)
    peers.push(peer)
    const callId = `trace-${++calls}`
    const via = `SIP/2.0/UDP ${peer.address}:${peer.port};branch=z9hG4bK-${callId}`
    await peer.send(requestText({ uri: `sip:${number}@127.0.0.1`, via, callId, ...change }), ingress.udp)
    return peer
  }

  const finalOf = (peer: DatagramPeer): Promise<string> => peer.answer((text) => statusOf(text) >= 200)

  it('follows the clock of the machine: a rule whose schedule holds today takes the call', async () => {
    expect(statusOf(await finalOf(await invite(ALPHA, '+15550000506')))).toBe(404)
  })

  it.each([
    ['alpha', ALPHA, '+15550000999', 'called', 503],
    ['alpha', ALPHA, '+15550000501', 'calling', 503],
    ['alpha', ALPHA, '+15550000502', 'header', 503],
    ['alpha', ALPHA, '+15550000505', 'schedule', 503],
    ['beta', BETA, '+15550000501', 'called', 480],
    ['empty', EMPTY, '+15550000501', 'no_rules', 503],
    ['owner', OWNER, '+4930123456', 'called_not_owned', 503],
  ] as const)('is counted for trunk %s at %s calling %s as no_rule for %s', async (...row) => {
    const [trunk, address, number, reason, status] = row
    const invites = { outcome: 'no_rule', trunk: `default/${trunk}`, status: String(status) }
    const why = { trunk: `default/${trunk}`, reason }
    const [before, beforeWhy] = [await ingress.count(INVITES, invites), await ingress.count(NO_RULE, why)]
    expect(statusOf(await finalOf(await invite(address, number)))).toBe(status)
    expect((await ingress.count(INVITES, invites)) - before).toBe(1)
    expect((await ingress.count(NO_RULE, why)) - beforeWhy).toBe(1)
  })

  it('tells a silent drop from a refusal: no trunk, no status, no line about a rule', async () => {
    const dropped = { outcome: 'auth_drop', trunk: '', status: 'none' }
    const refusedBefore = await ingress.count(INVITES, { outcome: 'no_rule', trunk: 'default/alpha', status: '503' })
    const before = await ingress.count(INVITES, dropped)
    const stranger = await invite(STRANGER, '+15550000501')
    await ingress.counted(INVITES, dropped, before + 1)
    const line = await ingress.said(({ callId }) => callId === `trace-${calls}`)
    expect(line).toMatchObject({ outcome: 'auth_drop', status: 0, trunk: '', rule: '' })
    expect(stranger.received).toEqual([])
    const refused = await ingress.count(INVITES, { outcome: 'no_rule', trunk: 'default/alpha', status: '503' })
    expect(refused).toBe(refusedBefore)
  })

  it('counts a number that its trunk does not own as a near miss of that trunk', async () => {
    const nearMiss = { trunk: 'default/owner', reason: 'called', method: 'INVITE' }
    const before = await ingress.count('sip_dispatch_near_misses_total', nearMiss)
    await finalOf(await invite(OWNER, '+4930123457'))
    expect((await ingress.count('sip_dispatch_near_misses_total', nearMiss)) - before).toBe(1)
  })

  it.each([
    ['no_rule', 503, '+15550000999', {}],
    ['rejected', 404, '+15550000502', { extra: ['X-Tenant: blue'] }],
    ['malformed', 483, '+15550000501', { maxForwards: 0 }],
    ['malformed', 420, '+15550000501', { extra: ['Proxy-Require: privacy'] }],
  ] as const)('is found by the id in the Warning: %s %d', async (outcome, status, number, change) => {
    const refusal = await finalOf(await invite(ALPHA, number, change))
    expect(statusOf(refusal)).toBe(status)
    const [warning = ''] = headerOf(refusal, 'Warning')
    const [, agent, why, id] = /^399 (\S+) "(\S+) (\S+)"$/.exec(warning) ?? []
    expect([agent, why]).toEqual([`127.0.0.1:${ingress.udp}`, outcome])
    const line = await ingress.said(({ decisionId }) => decisionId === id)
    expect(line).toMatchObject({
      msg: 'call decided',
      outcome,
      status,
      callId: `trace-${calls}`,
      trunk: 'default/alpha',
    })
  })

  it('is never an admitted INVITE without an answer', async () => {
    await finalOf(await invite(ALPHA, '+15550000999'))
    const text = await ingress.metrics()
    const unanswered = text.split('\n').filter((line) => line.startsWith('sip_dispatch_invites_unanswered_total{'))
    expect(unanswered.length).toBeGreaterThan(4)
    expect(unanswered.filter((line) => !line.endsWith(' 0'))).toEqual([])
  })
})
