/** What becomes of calls when more comes than the process can do. */
import { describe, expect, it } from '@jest/globals'
import { SIXTY_FOUR_T1_MS } from '../../../ingress/sip/limits.ts'
import {
  ADMISSION_MS,
  LONG_QUEUE_MS,
  MAX_INVITE_WAIT_MS,
  MAX_READING_MS,
  MAX_REFUSAL_WAIT_MS,
  MAX_UNREAD_SLICES,
  SUSTAINED_LOOKS,
} from '../../../ingress/sip/native/overload/limits.ts'
import { B1, PEER, STRANGER } from '../../support/engine-harness.ts'
import { type OverloadedHarness, startOverloaded } from '../../support/overloaded-engine.ts'
import { headerOf, methodOf, type RequestText, requestText, responseText, statusOf } from '../../support/sip-text.ts'

const TOO_LONG_MS = MAX_INVITE_WAIT_MS + 1

/** A call of its own, by its number. */
const call = (number: number, change: RequestText = {}): string =>
  requestText({ branch: `z9hG4bK-${number}`, callId: `call-${number}`, ...change })

/** An INVITE of the peer that has waited too long, and was shed. */
async function shedCall(change: RequestText = {}): Promise<OverloadedHarness> {
  const harness = await startOverloaded()
  harness.fallBehind()
  harness.network.deliver(PEER, call(1, change))
  harness.clock.advance(TOO_LONG_MS)
  harness.catchUp()
  return harness
}

const invitesAt = (harness: OverloadedHarness, backend = B1): string[] =>
  harness.sentTo(backend).filter((text) => methodOf(text) === 'INVITE')

const callIdsOf = (texts: readonly string[]): (string | undefined)[] =>
  texts.map((text) => headerOf(text, 'Call-ID')[0])

const shedOf = ({ events }: OverloadedHarness) =>
  events.flatMap((event) => {
    if (event.type !== 'shed') return []
    const { sender, requests, calls, longestWaitMs } = event
    return [{ sender, requests, calls, longestWaitMs }]
  })

const dropsOf = ({ events }: OverloadedHarness): string[] =>
  events.flatMap((event) => (event.type === 'dropped' ? [`${event.reason} ${event.method}`] : []))

describe('while the process keeps up, an INVITE', () => {
  it('is handled as it comes', async () => {
    const harness = await startOverloaded()
    harness.network.deliver(PEER, call(1))
    expect(invitesAt(harness)).toHaveLength(1)
  })
})

describe('while the process is behind, a new INVITE', () => {
  it('waits until the sockets are empty, and is then handled in its turn', async () => {
    const harness = await startOverloaded()
    harness.fallBehind()
    for (const number of [1, 2, 3]) harness.network.deliver(PEER, call(number))
    harness.round('unread')
    expect(harness.network.sent).toEqual([])
    harness.round()
    expect(callIdsOf(invitesAt(harness))).toEqual(['call-1', 'call-2', 'call-3'])
    expect(shedOf(harness)).toEqual([])
  })

  it('waits behind everything that belongs to a call', async () => {
    const harness = await startOverloaded()
    harness.network.deliver(PEER, call(1))
    const [invite = ''] = invitesAt(harness)
    harness.fallBehind()
    harness.network.deliver(PEER, call(2))
    harness.network.deliver(B1, responseText(invite, 200, { extra: ['Contact: <sip:10.0.0.1:5080>'] }))
    expect(harness.sentTo(PEER).map(statusOf)).toContain(200)
    expect(invitesAt(harness)).toHaveLength(1)
    harness.catchUp()
    expect(invitesAt(harness)).toHaveLength(2)
  })

  it('costs nothing when it comes again while it waits', async () => {
    const harness = await startOverloaded()
    harness.fallBehind()
    for (const _ of [1, 2, 3]) harness.network.deliver(PEER, call(1))
    harness.catchUp()
    expect(invitesAt(harness)).toHaveLength(1)
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([100])
  })

  it('is handled before its CANCEL', async () => {
    const harness = await startOverloaded()
    harness.fallBehind()
    harness.network.deliver(PEER, call(1))
    for (const _ of [1, 2]) harness.network.deliver(PEER, call(1, { method: 'CANCEL' }))
    harness.network.deliver(PEER, call(2))
    expect(harness.network.sent).toEqual([])
    harness.catchUp()
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([100, 200, 100])
    harness.network.deliver(B1, responseText(invitesAt(harness)[0] ?? '', 180))
    harness.clock.advance(0)
    expect(harness.sentTo(B1).map(methodOf)).toContain('CANCEL')
  })

  it('that cannot be read is refused at once', async () => {
    const harness = await startOverloaded()
    harness.fallBehind()
    harness.network.deliver(PEER, call(1).replace('CSeq: 1 INVITE', 'CSeq: x INVITE'))
    harness.catchUp()
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([400])
  })

  it('over a connection keeps it open until it was handled', async () => {
    const harness = await startOverloaded()
    harness.fallBehind('TCP')
    const via = 'SIP/2.0/TCP 198.51.100.7:5060;branch=z9hG4bK-t'
    const flow = harness.network.deliver(PEER, call(1, { via }), 'TCP')
    expect(flow.held).toBe(1)
    harness.clock.advance(TOO_LONG_MS)
    harness.catchUp()
    expect(flow.held).toBe(0)
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([503])
  })

  it('is not shed for a stop of the process before it was read', async () => {
    const harness = await startOverloaded()
    harness.fallBehind()
    harness.clock.advance(10 * TOO_LONG_MS)
    for (const number of [1, 2, 3]) harness.network.deliver(PEER, call(number))
    harness.round('unread')
    harness.catchUp()
    expect(invitesAt(harness)).toHaveLength(3)
  })

  it('is shed as it is read once the sockets do not become empty', async () => {
    const harness = await startOverloaded()
    harness.fallBehind()
    for (let slice = 0; slice < MAX_UNREAD_SLICES; slice++) {
      harness.clock.advance(MAX_READING_MS)
      harness.round('unread')
    }
    harness.network.deliver(PEER, call(1))
    harness.catchUp()
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([503])
    harness.network.deliver(PEER, call(2))
    expect(invitesAt(harness)).toHaveLength(1)
  })

  it('over a connection is refused however long it has waited, because nobody repeats it', async () => {
    const harness = await startOverloaded()
    harness.fallBehind('TCP')
    harness.network.deliver(PEER, call(1, { via: 'SIP/2.0/TCP 198.51.100.7:5060;branch=z9hG4bK-t' }), 'TCP')
    harness.clock.advance(10 * MAX_REFUSAL_WAIT_MS)
    harness.catchUp()
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([503])
  })

  it('that could not even be refused in time is left to its repeat, and that one is served', async () => {
    const harness = await startOverloaded()
    harness.fallBehind()
    harness.network.deliver(PEER, call(1))
    harness.clock.advance(MAX_REFUSAL_WAIT_MS + 1)
    harness.catchUp()
    expect(harness.network.sent).toEqual([])
    expect(dropsOf(harness)).toEqual(['over_limit INVITE'])
    harness.network.deliver(PEER, call(1))
    expect(invitesAt(harness)).toHaveLength(1)
  })

  it('is answered when the process ends', async () => {
    const harness = await startOverloaded()
    harness.fallBehind()
    harness.network.deliver(PEER, call(1))
    await harness.engine.close()
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([503])
  })
})

describe('an INVITE that has waited too long', () => {
  it('gets a 503 without a transaction, which copies what a response must', async () => {
    const harness = await shedCall({ via: 'SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK-1;rport' })
    const [answer = ''] = harness.sentTo(PEER)
    const tag = /;tag=(\w+)$/.exec(headerOf(answer, 'To')[0] ?? '')?.[1]
    expect(tag).toMatch(/^[0-9a-f]{16}$/)
    expect(answer.split('\r\n')).toEqual([
      'SIP/2.0 503 Service Unavailable',
      'Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK-1;rport=5060;received=198.51.100.7',
      'From: <sip:+15559876543@198.51.100.7>;tag=caller',
      `To: <sip:+15551234567@192.0.2.1>;tag=${tag}`,
      'Call-ID: call-1',
      'CSeq: 1 INVITE',
      'Warning: 399 192.0.2.1:5060 "over_limit overload"',
      'Content-Length: 0',
      '',
      '',
    ])
    expect(harness.engine.openTransactions).toBe(0)
    expect(shedOf(harness)).toEqual([{ sender: 'known', requests: 1, calls: 1, longestWaitMs: TOO_LONG_MS }])
  })

  it('gets the same answer for each repeat, and is counted as one call', async () => {
    const harness = await shedCall()
    harness.network.deliver(PEER, call(1))
    harness.fallBehind()
    harness.network.deliver(PEER, call(1))
    harness.catchUp()
    harness.clock.advance(SIXTY_FOUR_T1_MS / 2)
    harness.network.deliver(PEER, call(1))
    const answers = harness.sentTo(PEER)
    expect(answers).toHaveLength(4)
    expect(new Set(answers).size).toBe(1)
    expect(shedOf(harness).map(({ requests, calls }) => ({ requests, calls }))).toEqual([
      { requests: 1, calls: 1 },
      { requests: 1, calls: 0 },
      { requests: 1, calls: 0 },
      { requests: 1, calls: 0 },
    ])
  })

  it.each(['behind', 'not behind'])('gets its ACK swallowed by a process that is %s', async (state) => {
    const harness = await shedCall()
    if (state === 'behind') harness.fallBehind()
    const to = headerOf(harness.sentTo(PEER)[0] ?? '', 'To')[0] ?? ''
    harness.network.deliver(PEER, call(1, { method: 'ACK', to }))
    harness.catchUp()
    expect(harness.network.sent).toHaveLength(1)
    expect(dropsOf(harness)).toEqual([])
  })

  it('does not stop later calls: the process recovers by itself', async () => {
    const harness = await shedCall()
    harness.network.deliver(PEER, call(2))
    expect(callIdsOf(invitesAt(harness))).toEqual(['call-2'])
    harness.clock.advance(2 * SIXTY_FOUR_T1_MS)
    expect(harness.clock.pending).toBe(0)
  })

  it('is not a repeat of a call that was accepted', async () => {
    const harness = await startOverloaded()
    harness.network.deliver(PEER, call(1))
    harness.fallBehind()
    harness.network.deliver(PEER, call(1))
    harness.clock.advance(TOO_LONG_MS)
    harness.catchUp()
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([100, 100])
    expect(shedOf(harness)).toEqual([])
  })
})

describe('while the process is behind, a stranger', () => {
  it('gets no byte, and each of its packets is counted', async () => {
    const harness = await startOverloaded()
    harness.fallBehind()
    const via = `SIP/2.0/UDP ${STRANGER};branch=z9hG4bK-s`
    for (const _ of [1, 2]) harness.network.deliver(STRANGER, call(1, { via }))
    for (const method of ['REGISTER', 'OPTIONS']) harness.network.deliver(STRANGER, call(2, { via, method }))
    harness.clock.advance(TOO_LONG_MS)
    harness.catchUp()
    expect(harness.network.sent).toEqual([])
    expect(dropsOf(harness)).toEqual(['stranger INVITE', 'stranger INVITE', 'stranger REGISTER', 'stranger OPTIONS'])
    expect(harness.calls()).toMatchObject([{ outcome: 'auth_drop', status: 0, reason: 'overload' }])
  })

  it('does not keep a known peer from its answer to OPTIONS', async () => {
    const harness = await startOverloaded()
    harness.fallBehind()
    harness.network.deliver(PEER, call(1, { method: 'OPTIONS' }))
    expect(harness.sentTo(PEER).map(statusOf)).toEqual([200])
  })
})

describe('while more INVITEs are read than get an answer, the kernel', () => {
  /** One call waits for too long already when others come. */
  async function tooMany(): Promise<OverloadedHarness> {
    const harness = await startOverloaded()
    harness.fallBehind()
    harness.network.deliver(PEER, call(1))
    harness.clock.advance(LONG_QUEUE_MS + 1)
    for (const number of [2, 3, 4]) harness.network.deliver(PEER, call(number))
    return harness
  }

  it('is told to let in fewer of them, until nothing waits any more', async () => {
    const harness = await tooMany()
    for (let look = 1; look <= SUSTAINED_LOOKS; look++) {
      harness.clock.advance(ADMISSION_MS)
      harness.network.deliver(PEER, call(4 + look))
    }
    const { admitted } = harness.network
    expect(admitted.map(({ share }) => share < 1)).toEqual([true])
    harness.catchUp()
    harness.clock.advance(SIXTY_FOUR_T1_MS)
    expect(admitted.at(-1)?.share).toBe(1)
  })

  it('says how many datagrams it has dropped', async () => {
    const harness = await tooMany()
    harness.network.unreported = 12
    harness.clock.advance(ADMISSION_MS)
    expect(harness.events.filter(({ type }) => type === 'unread')).toEqual([{ type: 'unread', datagrams: 12 }])
  })
})
