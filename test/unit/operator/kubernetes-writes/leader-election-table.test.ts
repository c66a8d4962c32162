import { describe, expect, it } from '@jest/globals'
import { ELECTION_TABLE, type ElectionInput } from '../../../../operator/kubernetes-writes/leader-election-table.ts'

describe('the table of the election', () => {
  it('tells of a loss before it does anything else, whichever input ends the leadership', () => {
    const ends = Object.entries(ELECTION_TABLE.leading).filter(([, { to }]) => to === 'standby')
    expect(ends.map(([input]) => input).sort()).toEqual(['deadline', 'heldByOther'])
    expect(ends.map(([, { effects }]) => effects[0])).toEqual(['lose', 'lose'])
  })

  it('becomes leader by acquiring the Lease alone', () => {
    const ways = Object.entries(ELECTION_TABLE.standby).filter(([, { to }]) => to === 'leading')
    expect(ways.map(([input]) => input)).toEqual(['acquired'])
  })

  it('starts the deadline before it tells that it leads', () => {
    expect(ELECTION_TABLE.standby.acquired.effects.slice(0, 2)).toEqual(['startDeadline', 'lead'])
  })

  it('never leaves the end, and asks for nothing there', () => {
    const rows = Object.values(ELECTION_TABLE.stopped)
    expect(new Set(rows.map(({ to }) => to))).toEqual(new Set(['stopped']))
    expect(rows.flatMap(({ effects }) => effects).filter((effect) => effect !== 'release')).toEqual([])
  })

  it('lets a failed request change nothing but the time of the next', () => {
    const effects = (['standby', 'leading'] as const).map((state) => ELECTION_TABLE[state].failed)
    expect(effects).toEqual([
      { to: 'standby', effects: ['waitStandby'] },
      { to: 'leading', effects: ['waitLeader'] },
    ])
  })

  it('gives back what an answer has brought after the stop', () => {
    const brought = (['acquired', 'renewed', 'raised', 'failed'] as const satisfies readonly ElectionInput[]).map(
      (input) => ELECTION_TABLE.stopped[input].effects,
    )
    expect(brought).toEqual([['release'], ['release'], ['release'], ['release']])
  })
})
