import { describe, expect, it } from '@jest/globals'
import { ClientBench } from '../../../../../support/client-transaction-bench.ts'

const PROVISIONAL = [100, 180, 183, 199]
const FAILURE = [300, 302, 404, 408, 486, 503, 603, 699]
const TRANSPORTS = [false, true]

const invite = (reliable = false): ClientBench => new ClientBench({ kind: 'invite', reliable }).start()

const at = (times: readonly number[], what: string): string[] => times.map((time) => `${time} ${what}`)

describe('the INVITE client transaction: RFC 3261 §17.1.1', () => {
  it('MUST repeat the INVITE over an unreliable transport when Timer A fires, T1 doubling, until Timer B', () => {
    const bench = invite()
    expect(bench.transaction.state).toBe('Calling')
    bench.clock.advance(60_000)
    expect(bench.sent).toEqual(at([0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5], 'request'))
    expect(bench.up).toEqual(['32 timeout', '32 terminated'])
    expect(bench.transaction.state).toBe('Terminated')
    expect(bench.clock.pending).toBe(0)
  })

  it('sends the INVITE once over a reliable transport, and waits until Timer B', () => {
    const bench = invite(true)
    bench.clock.advance(60_000)
    expect(bench.sent).toEqual(['0 request'])
    expect(bench.up).toEqual(['32 timeout', '32 terminated'])
  })

  it.each(PROVISIONAL)('MUST cease to repeat on a %i, pass it up, and wait without a limit of its own', (status) => {
    const bench = invite()
    bench.clock.advance(600)
    bench.receive(status)
    expect(bench.transaction.gotProvisional).toBe(true)
    bench.clock.advance(600_000)
    expect(bench.sent).toEqual(['0 request', '0.5 request'])
    expect(bench.up).toEqual([`0.6 ${status}`])
    expect(bench.transaction.state).toBe('Proceeding')
    expect(bench.clock.pending).toBe(0)
  })

  it('MUST pass up every provisional response', () => {
    const bench = invite()
    for (const status of [...PROVISIONAL, 180, 180]) bench.receive(status)
    expect(bench.up).toEqual([...PROVISIONAL, 180, 180].map((status) => `0 ${status}`))
    expect(bench.transaction.finalStatus).toBe(0)
  })

  it.each(FAILURE)('MUST pass a %i up once and acknowledge it and each of its repeats, for Timer D', (status) => {
    const bench = invite()
    bench.receive(180)
    bench.receive(status)
    bench.clock.advance(500)
    bench.receive(status, 'repeat')
    expect(bench.sent).toEqual(['0 request', `0 ACK to ${status}`, '0.5 ACK to repeat'])
    expect(bench.transaction.state).toBe('Completed')
    bench.clock.advance(31_500)
    expect(bench.up).toEqual(['0 180', `0 ${status}`, '32 terminated'])
    expect(bench.transaction.finalStatus).toBe(status)
    expect(bench.clock.pending).toBe(0)
  })

  it.each(FAILURE)('MUST acknowledge a %i over a reliable transport too, and ends: Timer D is zero', (status) => {
    const bench = invite(true)
    bench.receive(status)
    bench.receive(status)
    expect(bench.sent).toEqual(['0 request', `0 ACK to ${status}`])
    expect(bench.up).toEqual([`0 ${status}`, '0 terminated'])
    expect(bench.clock.pending).toBe(0)
  })

  it('takes no notice of a provisional response or a 2xx after a refusal', () => {
    const bench = invite()
    bench.receive(486)
    bench.receive(180)
    bench.receive(200)
    expect(bench.up).toEqual(['0 486'])
    expect(bench.transaction.gotProvisional).toBe(false)
    expect(bench.transaction.finalStatus).toBe(486)
  })

  it.each(TRANSPORTS)('tells its user of a transport error in Calling and ends (reliable: %s)', (reliable) => {
    const bench = invite(reliable)
    bench.clock.advance(10)
    bench.transaction.onFailure(new Error('port unreachable'))
    bench.transaction.onFailure(new Error('again'))
    bench.clock.advance(60_000)
    expect(bench.sent).toEqual(['0 request'])
    expect(bench.up).toEqual(['0.01 port unreachable', '0.01 terminated'])
    expect(bench.clock.pending).toBe(0)
  })

  it('goes on when a transport error comes after a provisional response', () => {
    const bench = invite()
    bench.receive(100)
    bench.transaction.onFailure(new Error('port unreachable'))
    bench.receive(200)
    expect(bench.up).toEqual(['0 100', '0 200'])
  })

  it('ends without another word when the ACK cannot be sent (§17.1.4)', () => {
    const bench = invite()
    bench.receive(486)
    bench.transaction.onFailure(new Error('port unreachable'))
    expect(bench.up).toEqual(['0 486', '0 terminated'])
    expect(bench.clock.pending).toBe(0)
  })
})

describe.each(TRANSPORTS)('the INVITE client transaction: RFC 6026 §7.2 (reliable: %s)', (reliable) => {
  it.each([200, 202, 299])('MUST pass every %i up while Timer M runs, 64*T1, and MUST NOT acknowledge it', (status) => {
    const bench = invite(reliable)
    bench.receive(status)
    bench.receive(status, 'repeat')
    bench.clock.advance(31_999)
    bench.receive(status, 'another branch')
    bench.clock.advance(1)
    bench.receive(status, 'too late')
    expect(bench.up).toEqual([`0 ${status}`, '0 repeat', '31.999 another branch', '32 terminated'])
    expect(bench.sent).toEqual(['0 request'])
    expect(bench.transaction.finalStatus).toBe(status)
  })

  it('takes no notice of anything else after a 2xx', () => {
    const bench = invite(reliable)
    bench.receive(200)
    for (const status of [...PROVISIONAL, ...FAILURE]) bench.receive(status)
    bench.transaction.onFailure(new Error('connection closed'))
    expect(bench.up).toEqual(['0 200'])
    expect(bench.sent).toEqual(['0 request'])
    expect(bench.transaction.state).toBe('Accepted')
  })
})

const plain = (reliable = false): ClientBench => new ClientBench({ kind: 'non-invite', reliable }).start()

describe('the non-INVITE client transaction: RFC 3261 §17.1.2', () => {
  it('MUST repeat the request over an unreliable transport when Timer E fires, T1 doubling to T2, until Timer F', () => {
    const bench = plain()
    expect(bench.transaction.state).toBe('Trying')
    bench.clock.advance(60_000)
    expect(bench.sent).toEqual(at([0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5], 'request'))
    expect(bench.up).toEqual(['32 timeout', '32 terminated'])
    expect(bench.clock.pending).toBe(0)
  })

  it('sends the request once over a reliable transport, and waits until Timer F', () => {
    const bench = plain(true)
    bench.receive(100)
    bench.clock.advance(60_000)
    expect(bench.sent).toEqual(['0 request'])
    expect(bench.up).toEqual(['0 100', '32 timeout', '32 terminated'])
  })

  it('MUST go on repeating every T2 after a provisional response, and Timer F still ends it', () => {
    const bench = plain()
    bench.clock.advance(700)
    bench.receive(100)
    expect(bench.transaction.state).toBe('Proceeding')
    bench.clock.advance(60_000)
    expect(bench.sent).toEqual(at([0, 0.5, 1.5, 5.5, 9.5, 13.5, 17.5, 21.5, 25.5, 29.5], 'request'))
    expect(bench.up).toEqual(['0.7 100', '32 timeout', '32 terminated'])
  })

  it.each([200, 302, 404, 481, 503, 603])(
    'MUST pass a %i up once and absorb its repeats for T4 (Timer K)',
    (status) => {
      const bench = plain()
      bench.receive(status)
      bench.clock.advance(4_999)
      bench.receive(status, 'repeat')
      bench.receive(100)
      expect(bench.transaction.state).toBe('Completed')
      bench.clock.advance(1)
      expect(bench.sent).toEqual(['0 request'])
      expect(bench.up).toEqual([`0 ${status}`, '5 terminated'])
      expect(bench.transaction.finalStatus).toBe(status)
    },
  )

  it('ends with the final response over a reliable transport: Timer K is zero', () => {
    const bench = plain(true)
    bench.receive(200)
    expect(bench.up).toEqual(['0 200', '0 terminated'])
    expect(bench.clock.pending).toBe(0)
  })

  it.each([false, true])(
    'tells its user of a transport error before the final response (after a 100: %s)',
    (afterTrying) => {
      const bench = plain()
      if (afterTrying) bench.receive(100)
      bench.transaction.onFailure(new Error('port unreachable'))
      expect(bench.up.slice(-2)).toEqual(['0 port unreachable', '0 terminated'])
      expect(bench.clock.pending).toBe(0)
    },
  )
})

describe.each(['invite', 'non-invite'] as const)('a client transaction of either kind (%s)', (kind) => {
  it.each([0, 100, 200, 486])('lets nothing out or up once destroyed, after response %i', (status) => {
    const bench = new ClientBench({ kind, reliable: false }).start()
    if (status > 0) bench.receive(status)
    const before = bench.sent.length
    bench.transaction.destroy()
    bench.transaction.destroy()
    for (const late of [180, 200, 486]) bench.receive(late)
    bench.transaction.onFailure(new Error('port unreachable'))
    bench.clock.advance(60_000)
    expect(bench.sent).toHaveLength(before)
    expect(bench.up).toEqual([...(status > 0 ? [`0 ${status}`] : []), '0 terminated'])
    expect(bench.clock.pending).toBe(0)
  })

  it('sends nothing when it is destroyed before it starts', () => {
    const bench = new ClientBench({ kind, reliable: false })
    bench.transaction.destroy()
    bench.start()
    bench.clock.advance(60_000)
    expect(bench.sent).toEqual([])
    expect(bench.up).toEqual(['0 terminated'])
  })

  it('starts once, and takes no response before that', () => {
    const bench = new ClientBench({ kind, reliable: false })
    bench.receive(200)
    bench.start().start()
    expect(bench.sent).toEqual(['0 request'])
    expect(bench.up).toEqual([])
  })

  it.each(TRANSPORTS)('goes by the transport that is there when it starts (reliable: %s)', (reliable) => {
    const bench = new ClientBench({ kind, reliable: !reliable })
    bench.sink.reliable = reliable
    bench.start().clock.advance(600)
    expect(bench.sent).toEqual(at(reliable ? [0] : [0, 0.5], 'request'))
  })

  it('survives a transport that fails inside the sending', () => {
    const fail = (bench: ClientBench): void => bench.transaction.onFailure(new Error('refused'))
    const bench = new ClientBench({ kind, reliable: false, onSend: fail }).start()
    expect(bench.up).toEqual(['0 refused', '0 terminated'])
    expect(bench.clock.pending).toBe(0)
  })

  it('passes a final response up before the failure of its ACK ends it', () => {
    const fail = (bench: ClientBench): void => {
      if (bench.sent.length > 1) bench.transaction.onFailure(new Error('refused'))
    }
    const bench = new ClientBench({ kind, reliable: false, onSend: fail }).start()
    bench.receive(486)
    expect(bench.up).toEqual(kind === 'invite' ? ['0 486', '0 terminated'] : ['0 486'])
  })

  it('tells a new user everything from then on, and the old one nothing', () => {
    const bench = new ClientBench({ kind, reliable: false }).start()
    const told: string[] = []
    bench.receive(200)
    bench.transaction.passTo({
      onResponse: (_, status) => void told.push(`${status}`),
      onTimeout: () => void told.push('timeout'),
      onTransportError: () => void told.push('error'),
      onTerminated: () => void told.push('terminated'),
    })
    bench.receive(201)
    bench.clock.advance(60_000)
    expect(bench.up).toEqual(['0 200'])
    expect(told).toEqual(kind === 'invite' ? ['201', 'terminated'] : ['terminated'])
    expect([bench.sent, bench.clock.pending]).toEqual([['0 request'], 0])
  })

  it.each([180, 200, 486])('may be destroyed by its user while a %i comes up', (status) => {
    const onResponse = (bench: ClientBench): void => bench.transaction.destroy()
    const bench = new ClientBench({ kind, reliable: false, onResponse }).start()
    bench.receive(status)
    bench.clock.advance(60_000)
    expect(bench.sent).toEqual(['0 request'])
    expect(bench.up).toEqual([`0 ${status}`, '0 terminated'])
    expect(bench.clock.pending).toBe(0)
  })
})
