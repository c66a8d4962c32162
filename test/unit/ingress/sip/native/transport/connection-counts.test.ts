import { describe, expect, it } from '@jest/globals'
import {
  MAX_OPENED_STREAMS,
  MAX_OPENED_STREAMS_PER_ADDRESS,
  MAX_PEER_STREAMS,
  MAX_PEER_STREAMS_PER_ADDRESS,
  MAX_STRANGER_STREAMS,
  MAX_STRANGER_STREAMS_PER_ADDRESS,
} from '../../../../../../ingress/sip/limits.ts'
import {
  createConnectionCounts,
  type Standing,
} from '../../../../../../ingress/sip/native/transport/connection-counts.ts'

const BOUNDS: readonly [Standing, number, number][] = [
  ['opened', MAX_OPENED_STREAMS, MAX_OPENED_STREAMS_PER_ADDRESS],
  ['peer', MAX_PEER_STREAMS, MAX_PEER_STREAMS_PER_ADDRESS],
  ['stranger', MAX_STRANGER_STREAMS, MAX_STRANGER_STREAMS_PER_ADDRESS],
]

/** How many of so many attempts were let in. */
function admitted(attempts: number, enter: (attempt: number) => boolean): number {
  return Array.from({ length: attempts }, (_, attempt) => enter(attempt)).filter(Boolean).length
}

describe.each(BOUNDS)('connections of standing %s', (standing, total, perAddress) => {
  it('are bounded per address, and another address still gets in', () => {
    const counts = createConnectionCounts()
    expect(admitted(perAddress + 5, () => counts.enter(standing, '192.0.2.1'))).toBe(perAddress)
    expect(counts.enter(standing, '192.0.2.2')).toBe(true)
  })

  it('are bounded in all', () => {
    const counts = createConnectionCounts()
    expect(admitted(total + 5, (attempt) => counts.enter(standing, String(attempt)))).toBe(total)
  })

  it('make room when they leave', () => {
    const counts = createConnectionCounts()
    admitted(perAddress, () => counts.enter(standing, '192.0.2.1'))
    counts.leave(standing, '192.0.2.1')
    expect(admitted(2, () => counts.enter(standing, '192.0.2.1'))).toBe(1)
  })
})

describe('connection counts', () => {
  it('keep no peer out for the number of strangers', () => {
    const counts = createConnectionCounts()
    admitted(MAX_STRANGER_STREAMS, (attempt) => counts.enter('stranger', String(attempt)))
    expect(counts.enter('stranger', '192.0.2.1')).toBe(false)
    expect(counts.enter('peer', '192.0.2.1')).toBe(true)
  })
})
