import { describe, expect, it } from '@jest/globals'
import { ServerBench } from '../../../../../support/server-transaction-bench.ts'

const PROVISIONAL = [100, 180, 183, 199]
const SUCCESS = [200, 202, 299]
const FAILURE = [300, 302, 404, 408, 486, 503, 603, 699]
const TRANSPORTS = [false, true]

const invite = (reliable = false): ServerBench => new ServerBench({ kind: 'invite', reliable })

describe('the INVITE server transaction: RFC 3261 §17.2.1', () => {
  it('begins in Proceeding and sends nothing by itself', () => {
    const bench = invite()
    bench.clock.advance(60_000)
    expect(bench.transaction.state).toBe('Proceeding')
    expect(bench.sent).toEqual([])
  })

  it('has nothing to answer a repeat of the INVITE with before the first response', () => {
    const bench = invite()
    bench.transaction.receiveRequest()
    expect(bench.sent).toEqual([])
  })

  it.each(PROVISIONAL)('MUST send a %i to the transport, and again for each repeat of the INVITE', (status) => {
    const bench = invite()
    bench.respond(status)
    bench.clock.advance(500)
    bench.transaction.receiveRequest()
    expect(bench.sent).toEqual([`0 ${status}`, `0.5 ${status}`])
    expect(bench.transaction.state).toBe('Proceeding')
    expect(bench.transaction.finalStatus).toBe(0)
  })

  it('MUST answer a repeat of the INVITE with the most recent provisional response', () => {
    const bench = invite()
    bench.respond(100)
    bench.respond(180)
    bench.transaction.receiveRequest()
    expect(bench.sent).toEqual(['0 100', '0 180', '0 180'])
  })

  it.each(FAILURE)(
    'MUST repeat a %i over an unreliable transport when Timer G fires, T1 doubling to T2, until Timer H',
    (status) => {
      const bench = invite()
      bench.respond(status)
      expect(bench.transaction.state).toBe('Completed')
      bench.clock.advance(60_000)
      const times = [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
      expect(bench.sent).toEqual(times.map((time) => `${time} ${status}`))
      expect(bench.reports).toEqual(['32 timeout', '32 terminated'])
      expect(bench.transaction.state).toBe('Terminated')
      expect(bench.transaction.finalStatus).toBe(status)
    },
  )

  it.each(FAILURE)('sends a %i once over a reliable transport, and waits for its ACK until Timer H', (status) => {
    const bench = invite(true)
    bench.respond(status)
    bench.clock.advance(31_999)
    expect(bench.transaction.state).toBe('Completed')
    bench.clock.advance(1)
    expect(bench.sent).toEqual([`0 ${status}`])
    expect(bench.reports).toEqual(['32 timeout', '32 terminated'])
  })

  it.each(TRANSPORTS)(
    'MUST answer a repeat of the INVITE in Completed with the final response (reliable: %s)',
    (reliable) => {
      const bench = invite(reliable)
      bench.respond(100)
      bench.respond(486)
      bench.clock.advance(100)
      bench.transaction.receiveRequest()
      expect(bench.sent).toEqual(['0 100', '0 486', '0.1 486'])
    },
  )

  it('MUST discard every other response once a final one from 300 to 699 has gone out', () => {
    const bench = invite()
    bench.respond(486)
    for (const status of [...PROVISIONAL, ...SUCCESS, ...FAILURE]) bench.respond(status)
    bench.transaction.receiveRequest()
    expect(bench.sent).toEqual(['0 486', '0 486'])
    expect(bench.transaction.finalStatus).toBe(486)
  })

  it('MUST enter Confirmed on the ACK, cease to repeat, and absorb what comes for T4 (Timer I)', () => {
    const bench = invite()
    bench.respond(486)
    bench.clock.advance(600)
    expect(bench.transaction.receiveAck()).toBe(true)
    expect(bench.transaction.state).toBe('Confirmed')
    expect(bench.transaction.receiveAck()).toBe(true)
    bench.transaction.receiveRequest()
    bench.respond(503)
    bench.clock.advance(4_999)
    expect(bench.reports).toEqual([])
    bench.clock.advance(1)
    expect(bench.reports).toEqual(['5.6 terminated'])
    expect(bench.sent).toEqual(['0 486', '0.5 486'])
    expect(bench.clock.pending).toBe(0)
  })

  it('ends on the ACK at once over a reliable transport: Timer I is zero', () => {
    const bench = invite(true)
    bench.respond(486)
    expect(bench.transaction.receiveAck()).toBe(true)
    expect(bench.reports).toEqual(['0 terminated'])
    expect(bench.clock.pending).toBe(0)
  })

  it('absorbs an ACK that comes before any final response', () => {
    const bench = invite()
    bench.respond(180)
    expect(bench.transaction.receiveAck()).toBe(true)
    expect(bench.transaction.state).toBe('Proceeding')
  })
})

describe.each(TRANSPORTS)('the INVITE server transaction: RFC 6026 §7.1 (reliable: %s)', (reliable) => {
  it.each(SUCCESS)('MUST enter Accepted on a %i and stay there for 64*T1 (Timer L)', (status) => {
    const bench = invite(reliable)
    bench.respond(status)
    bench.clock.advance(31_999)
    expect(bench.transaction.state).toBe('Accepted')
    bench.clock.advance(1)
    expect(bench.transaction.state).toBe('Terminated')
    expect(bench.reports).toEqual(['32 terminated'])
    expect(bench.transaction.finalStatus).toBe(status)
  })

  it('MUST NOT repeat a 2xx by itself, nor answer a repeat of the INVITE with it', () => {
    const bench = invite(reliable)
    bench.respond(180)
    bench.respond(200)
    bench.transaction.receiveRequest()
    bench.clock.advance(40_000)
    expect(bench.sent).toEqual(['0 180', '0 200'])
  })

  it('MUST send every further 2xx of its user, and keep the first as its final status', () => {
    const bench = invite(reliable)
    bench.respond(200)
    bench.clock.advance(500)
    bench.respond(202)
    expect(bench.sent).toEqual(['0 200', '0.5 202'])
    expect(bench.transaction.finalStatus).toBe(200)
  })

  it.each([...PROVISIONAL, ...FAILURE])('MUST discard a %i after a 2xx', (status) => {
    const bench = invite(reliable)
    bench.respond(200)
    bench.respond(status)
    expect(bench.sent).toEqual(['0 200'])
    expect(bench.transaction.state).toBe('Accepted')
  })

  it('MUST pass the ACK to a 2xx up', () => {
    const bench = invite(reliable)
    bench.respond(200)
    expect(bench.transaction.receiveAck()).toBe(false)
    expect(bench.transaction.receiveAck()).toBe(false)
  })

  it('MUST remain in its state when a response cannot be sent (§8.8)', () => {
    const bench = new ServerBench({ kind: 'invite', reliable, delivers: false })
    bench.respond(180)
    expect(bench.transaction.state).toBe('Proceeding')
    bench.respond(503)
    expect(bench.transaction.state).toBe('Completed')
    bench.transaction.receiveRequest()
    expect(bench.sent).toEqual(['0 180', '0 503', '0 503'])
    expect(bench.reports).toEqual([])
  })
})

describe.each(['invite', 'non-invite'] as const)('a server transaction that is destroyed (%s)', (kind) => {
  it.each([0, 100, 200, 503])('says nothing more, whatever comes, after response %i', (status) => {
    const bench = new ServerBench({ kind, reliable: false })
    if (status > 0) bench.respond(status)
    const before = bench.sent.length
    bench.transaction.destroy()
    bench.transaction.destroy()
    bench.transaction.receiveRequest()
    bench.transaction.receiveAck()
    bench.respond(200)
    bench.clock.advance(60_000)
    expect(bench.sent).toHaveLength(before)
    expect(bench.reports).toEqual(['0 terminated'])
    expect(bench.clock.pending).toBe(0)
  })
})

const plain = (reliable = false): ServerBench => new ServerBench({ kind: 'non-invite', reliable })

describe('the non-INVITE server transaction: RFC 3261 §17.2.2', () => {
  it('MUST discard repeats of the request in Trying', () => {
    const bench = plain()
    bench.transaction.receiveRequest()
    expect(bench.sent).toEqual([])
    expect(bench.transaction.state).toBe('Trying')
  })

  it('MUST answer a repeat of the request in Proceeding with the most recent provisional response', () => {
    const bench = plain()
    bench.respond(100)
    bench.transaction.receiveRequest()
    expect(bench.sent).toEqual(['0 100', '0 100'])
    expect(bench.transaction.state).toBe('Proceeding')
  })

  it.each([200, 302, 404, 481, 503, 603])(
    'MUST answer repeats with its %i until Timer J ends it after 64*T1',
    (status) => {
      const bench = plain()
      bench.respond(status)
      bench.clock.advance(31_999)
      bench.transaction.receiveRequest()
      bench.clock.advance(1)
      bench.transaction.receiveRequest()
      expect(bench.sent).toEqual([`0 ${status}`, `31.999 ${status}`])
      expect(bench.reports).toEqual(['32 terminated'])
      expect(bench.transaction.finalStatus).toBe(status)
    },
  )

  it.each([200, 404, 603])('ends at once with a %i over a reliable transport: Timer J is zero', (status) => {
    const bench = plain(true)
    bench.respond(100)
    bench.respond(status)
    expect(bench.sent).toEqual(['0 100', `0 ${status}`])
    expect(bench.reports).toEqual(['0 terminated'])
    expect(bench.clock.pending).toBe(0)
  })

  it('MUST discard any other final response in Completed', () => {
    const bench = plain()
    bench.respond(200)
    for (const status of [100, 200, 404, 408, 503]) bench.respond(status, 'another')
    bench.transaction.receiveRequest()
    expect(bench.sent).toEqual(['0 200', '0 200'])
  })

  it('remains in its state when a response cannot be sent (RFC 6026 §8.8)', () => {
    const bench = new ServerBench({ kind: 'non-invite', reliable: false, delivers: false })
    bench.respond(200)
    bench.transaction.receiveRequest()
    expect(bench.sent).toEqual(['0 200', '0 200'])
    expect(bench.transaction.state).toBe('Completed')
  })
})

describe.each(TRANSPORTS)('the non-INVITE server transaction: RFC 4320 §4 (reliable: %s)', (reliable) => {
  it.each([101, 180, 183, 199])('MUST NOT send a %i', (status) => {
    const bench = plain(reliable)
    bench.respond(status)
    bench.respond(100)
    bench.respond(status)
    expect(bench.sent).toEqual(['0 100'])
  })

  it.each([false, true])('MUST NOT send a 408, and ends in silence (after a 100: %s)', (afterTrying) => {
    const bench = plain(reliable)
    if (afterTrying) bench.respond(100)
    const before = bench.sent.length
    bench.respond(408)
    bench.transaction.receiveRequest()
    bench.respond(200)
    bench.clock.advance(32_000)
    expect(bench.sent).toHaveLength(before)
    expect(bench.reports).toEqual([reliable ? '0 terminated' : '32 terminated'])
    expect(bench.transaction.finalStatus).toBe(0)
  })
})
