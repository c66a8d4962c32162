/** Peers that give no tag (RFC 3261 §12.1.1, §12.1.2): a dialog is what the cookie opens for. */
import { describe, expect, it } from '@jest/globals'
import { B1, PEER, STRANGER, startHarness } from '../../support/engine-harness.ts'
import { scriptDialog, went } from '../../support/scripted-dialog.ts'
import { headerOf, requestText, responseText, statusOf } from '../../support/sip-text.ts'

const METHODS = ['ACK', 'BYE', 'INVITE', 'UPDATE', 'INFO', 'PRACK', 'REFER', 'NOTIFY', 'MESSAGE', 'OPTIONS', 'FOO']

/** What a request leads to: an INVITE of a known peer is told that it is on its way, besides. */
function expected(method: string, to: string, from: string): string[] {
  return method === 'INVITE' && from !== STRANGER ? [`${from} 100`, `${to} INVITE`] : [`${to} ${method}`]
}

const NO_TAG = { from: '<sip:+15559876543@198.51.100.7>' }

describe.each([
  ['a backend without a tag', { untagged: true }],
  ['a caller without a tag', { invite: NO_TAG }],
  ['two sides without a tag', { untagged: true, invite: NO_TAG }],
])('the dialog of %s', (_who, script) => {
  it.each(METHODS)('D-02: takes %s from either side', async (method) => {
    const dialog = scriptDialog(await startHarness(), script)
    expect(statusOf(dialog.ok)).toBe(200)
    expect(went(dialog.fromCaller({ method }))).toEqual(expected(method, B1, PEER))
    expect(went(dialog.fromBackend({ method }))).toEqual(expected(method, PEER, B1))
  })

  it.each(METHODS)(
    'D-02: takes %s at another pod as well, and from a peer at an address of no trunk',
    async (method) => {
      const { callerRoutes, ok, invite } = scriptDialog(await startHarness(), script)
      const other = await startHarness()
      const via = `SIP/2.0/UDP ${STRANGER};branch=z9hG4bK-other`
      const extra = callerRoutes.map((route) => `Route: ${route}`)
      const [from = '', to = ''] = [headerOf(invite, 'From')[0], headerOf(ok, 'To')[0]]
      other.network.deliver(STRANGER, requestText({ method, cseq: 2, via, from, to, extra, uri: `sip:agent@${B1}` }))
      expect(went(other.network.sent)).toEqual(expected(method, B1, STRANGER))
    },
  )

  it('D-04: is opened for no other call: ACK is dropped, BYE refused, an INVITE is a new call', async () => {
    const dialog = scriptDialog(await startHarness(), script)
    const callId = 'another@198.51.100.7'
    expect(went(dialog.fromCaller({ method: 'ACK', callId }))).toEqual([])
    expect(went(dialog.fromCaller({ method: 'BYE', callId }))).toEqual([`${PEER} 481`])
    const uri = 'sip:+15551234567@192.0.2.1'
    const to = '<sip:+15551234567@192.0.2.1>'
    expect(went(dialog.fromCaller({ method: 'INVITE', callId, uri, to }))).toEqual([`${PEER} 100`, `${B1} INVITE`])
    expect(headerOf(dialog.harness.sentTo(B1).at(-1) ?? '', 'Record-Route')).toHaveLength(1)
  })
})

describe('an OPTIONS inside a dialog without tags', () => {
  it('O-01: is not answered here, as one outside is: without hops left it is refused', async () => {
    const dialog = scriptDialog(await startHarness(), { untagged: true })
    expect(went(dialog.fromCaller({ method: 'OPTIONS', maxForwards: 0 }))).toEqual([`${PEER} 483`])
    expect(went(dialog.fromCaller({ method: 'OPTIONS', maxForwards: 0, extra: [] }))).toEqual([`${PEER} 200`])
  })
})

describe('a dialog whose backend has a tag', () => {
  it.each(['BYE', 'UPDATE', 'INFO', 'PRACK', 'NOTIFY', 'REFER'])(
    'D-04: is not that of a %s without it: 481',
    async (method) => {
      const dialog = scriptDialog(await startHarness())
      expect(went(dialog.fromCaller({ method, to: '<sip:+15551234567@192.0.2.1>' }))).toEqual([`${PEER} 481`])
    },
  )

  it('D-04: is not that of an INVITE without it, which rules decide', async () => {
    const dialog = scriptDialog(await startHarness())
    const change = { method: 'INVITE', to: '<sip:+19005550100@192.0.2.1>', uri: 'sip:+19005550100@192.0.2.1' }
    expect(went(dialog.fromCaller(change))).toEqual([`${PEER} 503`])
  })

  it('D-02: is that of an ACK without it, which nobody could be told about', async () => {
    const dialog = scriptDialog(await startHarness())
    expect(went(dialog.fromCaller({ method: 'ACK', to: '<sip:+15551234567@192.0.2.1>' }))).toEqual([`${B1} ACK`])
  })

  it('D-02: may have begun without: each response says what its dialog has', async () => {
    const harness = await startHarness()
    harness.network.deliver(PEER, requestText())
    const [invite = ''] = harness.sentTo(B1)
    const contact = { extra: [`Contact: <sip:agent@${B1}>`] }
    harness.network.deliver(B1, responseText(invite, 183, contact).replace(';tag=backend', ''))
    harness.network.deliver(B1, responseText(invite, 200, contact))
    const [early = '', final = ''] = harness.sentTo(PEER).slice(1)
    const answers = [early, final].map((response, at) => {
      const extra = headerOf(response, 'Record-Route').map((route) => `Route: ${route}`)
      const change = { method: 'UPDATE', cseq: 2, extra, branch: `z9hG4bK-u${at}` }
      const before = harness.network.sent.length
      harness.network.deliver(PEER, requestText({ ...change, uri: `sip:agent@${B1}` }))
      return went(harness.network.sent.slice(before))
    })
    expect(answers).toEqual([[`${B1} UPDATE`], [`${PEER} 481`]])
  })
})

describe('a CANCEL with a cookie', () => {
  it('C-06: is no request inside a dialog: it belongs to its INVITE or gets 481', async () => {
    const dialog = scriptDialog(await startHarness(), { untagged: true })
    expect(went(dialog.fromCaller({ method: 'CANCEL' }))).toEqual([`${PEER} 481`])
  })
})
