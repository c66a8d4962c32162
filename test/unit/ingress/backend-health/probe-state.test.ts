import { describe, expect, it } from '@jest/globals'
import { probeAfter, UNPROBED } from '../../../../ingress/backend-health/probe-state.ts'

/** Whether the address is down after each probe. `+`: it was answered. `-`: it failed. */
function downAfter(probes: string): string {
  let state = UNPROBED
  return Array.from(probes, (probe) => {
    state = probeAfter(state, probe === '+', { failures: 3, successes: 2 })
    return state.down ? 'd' : 'u'
  }).join('')
}

describe('the judgement of probes', () => {
  it.each([
    ['+++', 'uuu', 'answers leave it up'],
    ['--+--', 'uuuuu', 'two failures in a row are not enough'],
    ['---', 'uud', 'three failures in a row take it down'],
    ['---+', 'uudd', 'one answer is not enough to bring it back'],
    ['---+-+', 'uudddd', 'answers count in a row only'],
    ['---++', 'uuddu', 'two answers in a row bring it back'],
    ['---++--', 'uudduuu', 'it begins anew after that'],
  ])('%s gives %s: %s', (probes, expected) => {
    expect(downAfter(probes)).toBe(expected)
  })
})
