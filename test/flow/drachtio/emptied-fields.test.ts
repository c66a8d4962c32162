import { afterEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { until } from '../../support/cache-parts.ts'
import { answerDrachtioCall, type DrachtioHarness, startDrachtioHarness } from '../../support/drachtio-harness.ts'
import type { Source } from '../../support/drachtio-server.ts'
import { ruleEntry, trunkEntry } from '../../support/engine-harness.ts'
import { type RequestText, requestText } from '../../support/sip-text.ts'

let harness: DrachtioHarness

afterEach(() => harness.close())

/** A field that the server has left empty, or has filled with something that means nothing. */
const anySource: fc.Arbitrary<Source> = fc.record({
  address: fc.constantFrom('', 'unknown', '203.0.113.99', '198.51.100.7'),
  port: fc.constantFrom('', '0', 0, 5060),
  protocol: fc.constantFrom('', 'unknown', 'sctp', 'udp', 'tcp'),
})

/** One of which no peer can be read. */
const unreadable = anySource.filter(({ address, port, protocol }) => {
  const named = address === '203.0.113.99' || address === '198.51.100.7'
  // The library takes an empty port for 5060.
  return !named || port === 0 || port === '0' || !(protocol === 'udp' || protocol === 'tcp')
})

const INSIDE: RequestText = { to: '<sip:far@192.0.2.1>;tag=there' }

describe('in a dialog of a call, whatever the server says of the packet or does not', () => {
  it('every request reaches the other side, and its answer comes back', async () => {
    harness = await startDrachtioHarness()
    const { server, receives } = harness
    const { caller, invite } = await answerDrachtioCall(harness)
    const legs = { caller: [caller.dialogId, invite.dialogId], backend: [invite.dialogId, caller.dialogId] } as const
    const side = fc.constantFrom('caller', 'backend')
    const method = fc.constantFrom('INFO', 'UPDATE', 'MESSAGE', 'NOTIFY', 'REFER', 'OPTIONS', 'INVITE')
    let cseq = 1
    await fc.assert(
      fc.asyncProperty(anySource, side, method, async (source, from, name) => {
        const [here, there] = legs[from]
        const before = server.sent.length
        const request = server.receive(requestText({ ...INSIDE, method: name, cseq: ++cseq }), source, here)
        await until(() => server.sent.length > before)
        const relayed = server.sent[before]
        expect([relayed?.method, relayed?.dialogId]).toEqual([name, there])
        if (relayed) server.answer(relayed, 200)
        await receives(request, name === 'INVITE' ? [100, 200] : [200])
        if (name !== 'INVITE') return
        server.receive(requestText({ ...INSIDE, method: 'ACK', cseq }), source, here)
        await until(() => server.sent.length > before + 1)
        expect(server.sent[before + 1]).toMatchObject({ method: 'ACK', dialogId: there })
      }),
      { numRuns: 60 },
    )
  })

  it.each<[string, Source]>([
    ['no protocol', { protocol: '' }],
    ['neither protocol, address nor port', { protocol: '', address: '', port: 0 }],
    ['the address of a stranger, as behind a NAT that has changed', { address: '203.0.113.99' }],
  ])('the ACK to the first 2xx reaches the backend with %s, and the call can be hung up', async (_name, source) => {
    harness = await startDrachtioHarness()
    const { server, sent, receives, events } = harness
    const { caller, invite } = await answerDrachtioCall(harness)
    server.receive(requestText({ ...INSIDE, method: 'ACK' }), source, caller.dialogId)
    expect((await sent('ACK')).dialogId).toBe(invite.dialogId)
    const bye = server.receive(requestText({ ...INSIDE, method: 'BYE', cseq: 2 }), source, caller.dialogId)
    await receives(bye, [200])
    expect((await sent('BYE')).dialogId).toBe(invite.dialogId)
    expect(events.filter(({ type }) => type === 'dropped')).toEqual([])
  })

  it('one that cannot be read is told so, and the call goes on', async () => {
    harness = await startDrachtioHarness()
    const { server, receives, engine } = harness
    const { invite } = await answerDrachtioCall(harness)
    const text = requestText({ ...INSIDE, method: 'INFO' }).replace(/^CSeq: .*\r\n/m, '')
    const info = server.receive(text, { protocol: '', address: '', port: 0 }, invite.dialogId)
    await receives(info, [400])
    expect(engine.openTransactions).toBe(1)
  })
})

describe('without a dialog of a call', () => {
  it('a packet whose sender cannot be read is a stranger’s, even where everyone is admitted', async () => {
    harness = await startDrachtioHarness({ entries: [trunkEntry({ sources: ['0.0.0.0/0', '::/0'] }), ruleEntry()] })
    const { server, events } = harness
    const method = fc.constantFrom('OPTIONS', 'MESSAGE', 'INFO', 'NOTIFY', 'ACK', 'PUBLISH')
    await fc.assert(
      fc.asyncProperty(unreadable, method, fc.boolean(), async (source, name, tagged) => {
        const before = events.length
        const request = server.receive(requestText({ method: name, ...(tagged ? INSIDE : {}) }), source)
        await until(() => events.length > before)
        expect([events.slice(before), request.responses]).toMatchObject([
          [{ type: 'dropped', reason: 'stranger', method: name }],
          [],
        ])
      }),
      { numRuns: 60 },
    )
    expect(server.sent).toEqual([])
  })

  it('an ACK inside a dialog that is over is nobody’s, and goes nowhere', async () => {
    harness = await startDrachtioHarness()
    const { server, events } = harness
    const facts = 'network|300||198.51.100.7|5060|12:00:00.123456'
    server.send(`id|sip|${facts}|id-x|gone;from-tag=x|\r\n${requestText({ ...INSIDE, method: 'ACK' })}`)
    await until(() => events.length > 0)
    expect(events).toMatchObject([{ type: 'dropped', reason: 'no_dialog', method: 'ACK' }])
    expect(server.sent).toEqual([])
  })
})
