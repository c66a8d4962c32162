import { describe, expect, it } from '@jest/globals'
import { REFLECTOR_TABLE } from '../../../../operator/watch/reflector-table.ts'
import { transitionLines } from '../../../support/transition-lines.ts'

const LINES = [
  'listing expired > waitingToList: rest wait',
  'listing failed > waitingToList: rest report wait',
  'listing listed > opening: watch',
  'listing refused > waitingToList: rest report wait',
  'listing stop > stopped: rest',
  'opening expired > waitingToList: rest wait',
  'opening failed > waitingToWatch: rest report wait',
  'opening opened > watching: recover guard',
  'opening refused > waitingToList: rest report wait',
  'opening stop > stopped: rest',
  'waitingToList due > listing: list',
  'waitingToList stop > stopped: rest',
  'waitingToWatch due > opening: watch',
  'waitingToWatch stop > stopped: rest',
  'watching cutShort > waitingToWatch: rest wait',
  'watching ended > opening: rest watch',
  'watching expired > waitingToList: rest wait',
  'watching failed > waitingToWatch: rest report wait',
  'watching refused > waitingToList: rest report wait',
  'watching silent > opening: rest watch',
  'watching stop > stopped: rest',
]

describe('the state machine of a reflector', () => {
  it('has these lines and no others', () => {
    expect(transitionLines(REFLECTOR_TABLE)).toEqual(LINES)
  })

  it('leads to listing from every state but the last, without anyone giving up', () => {
    const next = (state: string) =>
      LINES.filter((line) => line.startsWith(`${state} `)).map((line) => line.split(' ')[3])
    const states = Object.keys(REFLECTOR_TABLE).filter((state) => state !== 'stopped')
    for (const state of states) {
      const reached = new Set([state])
      for (const each of reached) for (const to of next(each)) reached.add(String(to).replace(':', ''))
      expect(reached).toContain('listing')
    }
  })
})
