/** What sources get that nobody vouches for: over UDP such a source may be that of a victim. */
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  MAX_DROPPED_INVITES,
  MAX_UNVOUCHED_TRANSACTIONS_PER_DIALOG,
  UNVOUCHED_ANSWER_BURST,
  UNVOUCHED_SOURCE_ANSWER_BURST,
  UNVOUCHED_SOURCE_ANSWERS_PER_SECOND,
} from '../../ingress/sip/limits.ts'
import { answerCall, timeline } from '../support/answered-call.ts'
import { B1, type Harness, PEER, ruleEntry, STRANGER, startHarness, trunkEntry } from '../support/engine-harness.ts'
import { headerOf, methodOf, type RequestText, requestText, responseText, statusOf } from '../support/sip-text.ts'

const unloaded = (): Promise<Harness> => startHarness({ entries: null })

const fromStranger = (change: RequestText = {}): string =>
  requestText({ via: `SIP/2.0/UDP ${STRANGER};branch=${change.branch ?? 'z9hG4bK-s-1'}`, ...change })

const ackTo = (answer: string, change: RequestText = {}): string =>
  fromStranger({ ...change, method: 'ACK', to: headerOf(answer, 'To')[0] ?? '' })

const dropsOf = ({ events }: Harness): string[] =>
  events.flatMap((event) => (event.type === 'dropped' ? [`${event.reason} ${event.method}`] : []))

describe('while no table is loaded, an INVITE', () => {
  it('is answered once, keeps no state and is never answered again of our own accord', async () => {
    const harness = await unloaded()
    harness.network.deliver(STRANGER, fromStranger())
    expect(harness.engine.openTransactions).toBe(0)
    harness.clock.advance(64_000)
    expect(timeline(harness.packetsTo(STRANGER))).toEqual(['0 503'])
  })

  it('that comes again gets the same answer again, byte for byte, and is told once', async () => {
    const harness = await unloaded()
    for (const _ of [1, 2, 3]) {
      harness.network.deliver(STRANGER, fromStranger())
      harness.clock.advance(500)
    }
    const answers = harness.sentTo(STRANGER)
    expect(answers).toHaveLength(3)
    expect(new Set(answers).size).toBe(1)
    expect(harness.calls()).toMatchObject([{ outcome: 'rules_unavailable', status: 503, trunk: '' }])
    expect(dropsOf(harness)).toEqual([])
  })

  it('of another transaction, and of another process, gets a To tag that nobody can foresee', async () => {
    const [one, other] = [await unloaded(), await unloaded()]
    for (const branch of ['z9hG4bK-s-1', 'z9hG4bK-s-2']) one.network.deliver(STRANGER, fromStranger({ branch }))
    other.network.deliver(STRANGER, fromStranger())
    const tags = [...one.sentTo(STRANGER), ...other.sentTo(STRANGER)].map((text) => headerOf(text, 'To')[0])
    expect(new Set(tags).size).toBe(3)
  })

  it('gets its ACK swallowed, also after a table has come and the peer is known', async () => {
    const harness = await unloaded()
    const invite: RequestText = { via: `SIP/2.0/UDP ${PEER};branch=z9hG4bK-p` }
    harness.network.deliver(PEER, requestText(invite))
    harness.network.deliver(STRANGER, fromStranger())
    harness.network.deliver(STRANGER, ackTo(harness.sentTo(STRANGER)[0] ?? ''))
    harness.table.load([trunkEntry(), ruleEntry()], 1)
    harness.network.deliver(
      PEER,
      requestText({ ...invite, method: 'ACK', to: headerOf(harness.sentTo(PEER)[0] ?? '', 'To')[0] ?? '' }),
    )
    harness.network.deliver(STRANGER, ackTo(harness.sentTo(STRANGER)[0] ?? ''))
    expect(harness.network.sent.map(({ text }) => statusOf(text))).toEqual([503, 503])
    expect(dropsOf(harness)).toEqual([])
  })

  it('of a peer that repeats it once the table is there is judged as a new one', async () => {
    const harness = await unloaded()
    harness.network.deliver(PEER, requestText())
    harness.table.load([trunkEntry(), ruleEntry()], 1)
    harness.network.deliver(PEER, requestText())
    expect(harness.sentTo(B1).map(methodOf)).toEqual(['INVITE'])
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([503, 100])
  })

  it('of a stranger that repeats it once the table is there gets nothing, and is no second call', async () => {
    const harness = await unloaded()
    harness.network.deliver(STRANGER, fromStranger())
    harness.table.load([trunkEntry(), ruleEntry()], 1)
    harness.network.deliver(STRANGER, fromStranger())
    expect(harness.sentTo(STRANGER).map(statusOf)).toEqual([503])
    expect(harness.calls().map(({ outcome }) => outcome)).toEqual(['rules_unavailable'])
    expect(dropsOf(harness)).toEqual(['stranger INVITE'])
  })

  it('over TCP gets its answer on its connection, which stays that of a stranger', async () => {
    const harness = await unloaded()
    const flow = harness.network.deliver(STRANGER, fromStranger(), 'TCP')
    expect(harness.sentTo(STRANGER).map(statusOf)).toEqual([503])
    expect(flow.answered).toBe(0)
    harness.clock.advance(64_000)
    expect(harness.sentTo(STRANGER)).toHaveLength(1)
  })
})

describe('while no table is loaded, nothing else is answered', () => {
  it.each(['OPTIONS', 'REGISTER', 'BYE', 'CANCEL', 'ACK', 'UPDATE', 'MESSAGE', 'PRACK', 'FOO'])(
    '%s',
    async (method) => {
      const harness = await unloaded()
      for (const transport of ['UDP', 'TCP'] as const) {
        harness.network.deliver(STRANGER, fromStranger({ method, branch: `z9hG4bK-${transport}` }), transport)
        harness.network.deliver(STRANGER, fromStranger({ method, to: '<sip:x@y>;tag=1' }), transport)
      }
      expect(harness.network.sent).toEqual([])
    },
  )

  it('an INVITE that claims a dialog, or that cannot be read', async () => {
    const harness = await unloaded()
    harness.network.deliver(STRANGER, fromStranger({ to: '<sip:x@y>;tag=1' }))
    harness.network.deliver(STRANGER, fromStranger({ from: '<sip:' }))
    harness.network.deliver(STRANGER, fromStranger().replace('SIP/2.0\r\n', 'SIP/3.0\r\n'))
    expect(harness.network.sent).toEqual([])
  })
})

/** INVITEs of one source, all at once. */
function flood(harness: Harness, source: string, count: number, prefix = 'f'): void {
  for (let n = 0; n < count; n++) {
    harness.network.deliver(source, requestText({ via: `SIP/2.0/UDP ${source};branch=z9hG4bK-${prefix}-${n}` }))
  }
}

describe('answers to sources that nobody vouches for', () => {
  it('are bounded per source, whatever its port; the rest is counted, and the source gets more as time goes on', async () => {
    const harness = await unloaded()
    flood(harness, STRANGER, UNVOUCHED_SOURCE_ANSWER_BURST)
    flood(harness, STRANGER.replace('5060', '5999'), 7, 'g')
    expect(harness.network.sent).toHaveLength(UNVOUCHED_SOURCE_ANSWER_BURST)
    expect(dropsOf(harness)).toEqual(Array(7).fill('over_limit INVITE'))
    expect(harness.calls().slice(-7)).toMatchObject(Array(7).fill({ outcome: 'rules_unavailable', status: 0 }))
    harness.clock.advance(1000)
    flood(harness, STRANGER, 1000, 'h')
    expect(harness.network.sent).toHaveLength(UNVOUCHED_SOURCE_ANSWER_BURST + UNVOUCHED_SOURCE_ANSWERS_PER_SECOND)
  })

  it.each(['UDP', 'TCP'] as const)('are bounded for one IPv6 network of a host over %s', async (transport) => {
    const address = { family: 6, words: [0x20010db8, 0, 0, 1], text: '2001:db8::1' } as const
    const harness = await startHarness({ entries: null, engine: { listen: [{ transport, address, port: 5060 }] } })
    for (let n = 0; n < 200; n++) {
      harness.network.deliver(
        `[2001:db8:1:2::${n.toString(16)}]:5060`,
        fromStranger({ branch: `z9hG4bK-${n}` }),
        transport,
      )
    }
    expect(harness.network.sent).toHaveLength(UNVOUCHED_SOURCE_ANSWER_BURST)
  })

  it('are bounded in all', async () => {
    const harness = await unloaded()
    for (let n = 0; n < 2 * UNVOUCHED_ANSWER_BURST; n++) {
      flood(harness, `100.64.${n >> 8}.${n & 255}:5060`, 1)
    }
    expect(harness.network.sent).toHaveLength(UNVOUCHED_ANSWER_BURST)
    expect(harness.engine.openTransactions).toBe(0)
  })

  it('are hardly longer than what they answer, however many Vias there are', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          vias: fc.integer({ min: 0, max: 20 }),
          user: fc.stringMatching(/^[a-z0-9]{0,40}$/),
          rport: fc.boolean(),
          body: fc.stringMatching(/^[a-z]{0,400}$/),
        }),
        async ({ vias, user, rport, body }) => {
          const harness = await unloaded()
          const extra = Array.from({ length: vias }, (_, n) => `Via: SIP/2.0/UDP proxy${n}.example;branch=z9hG4bK-${n}`)
          const via = `SIP/2.0/UDP h:5060;branch=z9hG4bK-s${rport ? ';rport' : ''}`
          const request = fromStranger({ via, extra, body, from: `<sip:${user}@h>;tag=1` })
          harness.network.deliver(STRANGER, request)
          const [answer = ''] = harness.sentTo(STRANGER)
          // Status line, received, rport and a To tag: nothing of it depends on what the sender writes.
          expect(answer.length).toBeLessThanOrEqual(request.length + 80)
          expect(statusOf(answer)).toBe(503)
        },
      ),
    ))
})

/** A request of the caller's dialog, with its cookie, from an address that nobody knows. */
async function withCookie(change: RequestText): Promise<{ harness: Harness; send: () => void; request: string }> {
  const harness = await startHarness()
  const { inDialog } = answerCall(harness)
  harness.network.deliver(PEER, requestText({ ...inDialog, method: 'ACK', branch: 'z9hG4bK-ack' }))
  const via = `SIP/2.0/UDP ${STRANGER};branch=z9hG4bK-c-1`
  const request = requestText({ ...inDialog, cseq: 2, via, ...change })
  return { harness, request, send: () => harness.network.deliver(STRANGER, request) }
}

describe('a cookie does not vouch for the source of its packet', () => {
  it.each([
    ['483', { method: 'INVITE', maxForwards: 0 }],
    ['483', { method: 'BYE', maxForwards: 0 }],
    ['481', { method: 'CANCEL' }],
  ])('a refusal %s of our own goes out without state, once per datagram: %o', async (status, change) => {
    const { harness, send } = await withCookie(change)
    const open = harness.engine.openTransactions
    send()
    send()
    harness.clock.advance(500)
    expect(harness.sentTo(STRANGER).map(statusOf)).toEqual([Number(status), Number(status)])
    expect(new Set(harness.sentTo(STRANGER)).size).toBe(1)
    expect(harness.engine.openTransactions).toBe(open)
    harness.clock.advance(64_000)
    expect(harness.sentTo(STRANGER)).toHaveLength(2)
  })

  it('the ACK to such a refusal of a re-INVITE is swallowed and does not reach the backend', async () => {
    const { harness, request, send } = await withCookie({ method: 'INVITE', maxForwards: 0 })
    send()
    const before = harness.network.sent.length
    harness.network.deliver(
      STRANGER,
      request.replace('INVITE', 'ACK').replace('2 INVITE', '2 ACK').replace('Max-Forwards: 0', 'Max-Forwards: 70'),
    )
    expect(harness.network.sent).toHaveLength(before)
    expect(dropsOf(harness)).toEqual([])
  })

  it('an ACK of another transaction goes to the backend, however many refusals were remembered', async () => {
    const { harness, request, send } = await withCookie({ method: 'INVITE', maxForwards: 0 })
    send()
    for (let n = 0; n < MAX_DROPPED_INVITES; n += 64) flood(harness, STRANGER, 1, `x${n}`)
    const other = request.replace('INVITE', 'ACK').replace('2 INVITE', '2 ACK').replace('z9hG4bK-c-1', 'z9hG4bK-c-2')
    harness.network.deliver(STRANGER, other.replace('Max-Forwards: 0', 'Max-Forwards: 70'))
    expect(harness.sentTo(B1).map(methodOf)).toEqual(['INVITE', 'ACK', 'ACK'])
  })

  it('a re-INVITE that a backend refuses is answered per datagram, and not repeated of our own accord', async () => {
    const { harness, send } = await withCookie({ method: 'INVITE' })
    send()
    const relayed = harness.sentTo(B1).at(-1) ?? ''
    harness.network.deliver(B1, responseText(relayed, 488))
    harness.clock.advance(64_000)
    expect(harness.sentTo(STRANGER).map(statusOf)).toEqual([488])
  })

  it('such a re-INVITE is repeated by its sender until it has its answer, each repeat getting one', async () => {
    const { harness, send } = await withCookie({ method: 'INVITE' })
    send()
    send()
    expect(harness.sentTo(STRANGER)).toEqual([])
    harness.network.deliver(B1, responseText(harness.sentTo(B1).at(-1) ?? '', 488))
    send()
    expect(harness.sentTo(STRANGER).map(statusOf)).toEqual([488, 488])
    expect(harness.sentTo(B1).filter((text) => headerOf(text, 'CSeq')[0] === '2 INVITE')).toHaveLength(1)
  })

  it('a dialog has so many transactions for them, then an answer without state', async () => {
    const { harness, request } = await withCookie({ method: 'INFO' })
    const open = harness.engine.openTransactions
    for (let n = 0; n < MAX_UNVOUCHED_TRANSACTIONS_PER_DIALOG + 5; n++) {
      harness.network.deliver(STRANGER, request.replace('z9hG4bK-c-1', `z9hG4bK-i-${n}`))
    }
    // Each is two: that of the sender, and that towards the backend.
    expect(harness.engine.openTransactions - open).toBe(2 * MAX_UNVOUCHED_TRANSACTIONS_PER_DIALOG)
    expect(harness.sentTo(STRANGER).map(statusOf)).toEqual(Array(5).fill(503))
    harness.clock.advance(120_000)
    expect(harness.engine.openTransactions).toBe(0)
    harness.network.deliver(STRANGER, request)
    expect(harness.engine.openTransactions).toBe(2)
  })

  it('refusals are bounded like every such answer', async () => {
    const { harness, request } = await withCookie({ method: 'INVITE', maxForwards: 0 })
    for (let n = 0; n < 2 * UNVOUCHED_SOURCE_ANSWER_BURST; n++) {
      harness.network.deliver(STRANGER, request.replace('z9hG4bK-c-1', `z9hG4bK-d-${n}`))
    }
    expect(harness.sentTo(STRANGER)).toHaveLength(UNVOUCHED_SOURCE_ANSWER_BURST)
  })
})
