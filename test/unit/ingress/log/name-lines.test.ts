import { describe, expect, it } from '@jest/globals'
import { createCallLog } from '../../../../ingress/log/call-log.ts'
import { createLogger } from '../../../../ingress/log/logger.ts'
import type { NameState } from '../../../../ingress/resolve/name-resolver.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const RESOLVED: NameState = {
  ...{ place: 'pbx.example:5070', result: 'resolved', detail: '', servers: [], failures: 0, staleSince: undefined },
  ...{ added: [], removed: [], refused: [], leftOut: 0 },
}
const FAILED: NameState = { ...RESOLVED, result: 'servfail', detail: 'it says so', failures: 1 }

function linesOf(...states: readonly NameState[]): object[] {
  const clock = new FakeClock()
  clock.advance(600_000)
  const texts: string[] = []
  const logger = createLogger('info', { write: (text) => void texts.push(text) })
  const log = createCallLog({ logger, callsPerSecond: 1, clock })
  for (const state of states) log.onEvent({ type: 'name-resolution', state })
  log.onEvent({ type: 'name-forgotten', place: 'pbx.example:5070' })
  log.close()
  return texts.map((text) => {
    const { time: _, ...line }: { time: string } = JSON.parse(text)
    return line
  })
}

describe('the log lines about a name', () => {
  it('say nothing of an answer that changes nothing', () => {
    expect(linesOf(RESOLVED)).toEqual([])
  })

  it('say which peers came and went, eight of each at most', () => {
    const added = Array.from({ length: 10 }, (_, i) => `10.0.0.${i}:5060`)
    expect(linesOf({ ...RESOLVED, added, removed: ['10.1.0.1:5060'], leftOut: 3 })).toEqual([
      {
        ...{ level: 'info', msg: 'peers of a name changed', name: 'pbx.example:5070', leftOut: 3 },
        ...{ added: [...added.slice(0, 8), 'and 2 more'], removed: ['10.1.0.1:5060'] },
      },
    ])
  })

  it('say which addresses were refused, and why', () => {
    const refused = [{ address: '127.0.0.1', fault: 'loopback' as const }]
    expect(linesOf({ ...RESOLVED, refused })).toEqual([
      {
        level: 'warn',
        msg: 'addresses of a name refused',
        name: 'pbx.example:5070',
        addresses: ['127.0.0.1 (loopback)'],
      },
    ])
  })

  it('say since when a name is stale and what the last fault was', () => {
    const line = { level: 'warn', msg: 'name is stale: its last addresses are used', name: 'pbx.example:5070' }
    expect(linesOf({ ...FAILED, staleSince: 480_000 })).toEqual([
      { ...line, code: 'servfail', reason: 'it says so', failures: 1, staleSeconds: 120 },
    ])
  })

  it('say that a name has no address at all', () => {
    expect(linesOf({ ...FAILED, servers: undefined })).toEqual([
      {
        ...{ level: 'warn', msg: 'name does not resolve', name: 'pbx.example:5070' },
        ...{ code: 'servfail', reason: 'it says so', failures: 1 },
      },
    ])
  })

  it('come at the first, second, fourth failure in a row and so on', () => {
    const states = Array.from({ length: 20 }, (_, i) => ({ ...FAILED, failures: i + 1 }))
    expect(linesOf(...states).map((line) => ('failures' in line ? line.failures : line))).toEqual([1, 2, 4, 8, 16])
  })

  it('are ten a second at most; how many were left out is said', () => {
    const lines = linesOf(...Array.from({ length: 1_000 }, () => FAILED))
    expect(lines).toHaveLength(11)
    expect(lines.at(-1)).toMatchObject({ msg: 'lines about names left out', leftOut: { failed: 990 } })
  })
})
