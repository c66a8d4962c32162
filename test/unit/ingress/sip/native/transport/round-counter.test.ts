import { setImmediate as nextRound } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { FULL_ROUND_MESSAGES } from '../../../../../../ingress/sip/limits.ts'
import { createRoundCounter } from '../../../../../../ingress/sip/native/transport/round-counter.ts'

describe('a counter of rounds', () => {
  it('tells each full batch of one round, and begins again in the next round', async () => {
    let full = 0
    const count = createRoundCounter(() => full++)
    for (let i = 1; i < 2 * FULL_ROUND_MESSAGES; i++) count()
    expect(full).toBe(1)
    await nextRound()
    for (let i = 1; i < FULL_ROUND_MESSAGES; i++) count()
    expect(full).toBe(1)
    count()
    expect(full).toBe(2)
  })
})
