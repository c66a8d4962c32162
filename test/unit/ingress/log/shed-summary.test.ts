import { describe, expect, it } from '@jest/globals'
import { parseIpAddress } from '../../../../ingress/address/ip-address.ts'
import type { CallEvent } from '../../../../ingress/call/call-events.ts'
import { WINDOW_MS } from '../../../../ingress/log/limits.ts'
import { createShedSummary, type ShedLine } from '../../../../ingress/log/shed-summary.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const address = parseIpAddress('198.51.100.7')

function shed(calls: number, longestWaitMs: number, port: number): Extract<CallEvent, { type: 'shed' }> {
  if (!address) throw new Error('unreachable')
  const source = { address, port, transport: 'UDP' } as const
  return { type: 'shed', sender: 'known', requests: calls, calls, longestWaitMs, source }
}

function summary() {
  const clock = new FakeClock()
  const lines: ShedLine[] = []
  return { clock, lines, summary: createShedSummary(clock, (line) => lines.push(line)) }
}

describe('the summary of shed calls', () => {
  it('is one line a second with their number, the longest wait and the last sender', () => {
    const { clock, lines, summary: shedCalls } = summary()
    for (const event of [shed(3, 210, 1), shed(4, 300, 2), shed(1, 205, 3)]) shedCalls.add(event)
    clock.advance(WINDOW_MS)
    expect(lines).toMatchObject([{ calls: 8, longestWaitMs: 300, source: { port: 3 } }])
    shedCalls.add(shed(2, 201, 4))
    clock.advance(WINDOW_MS)
    expect(lines[1]).toMatchObject({ calls: 2, longestWaitMs: 201 })
  })

  it('says nothing of repeats and strangers, and then sets no timer', () => {
    const { clock, lines, summary: shedCalls } = summary()
    shedCalls.add(shed(0, 0, 1))
    expect(clock.pending).toBe(0)
    shedCalls.close()
    expect(lines).toEqual([])
  })

  it('is complete when the log is closed', () => {
    const { clock, lines, summary: shedCalls } = summary()
    shedCalls.add(shed(1, 201, 1))
    shedCalls.close()
    expect(lines).toMatchObject([{ calls: 1 }])
    expect(clock.pending).toBe(0)
  })
})
