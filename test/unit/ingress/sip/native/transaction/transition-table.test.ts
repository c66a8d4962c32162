import { describe, expect, it } from '@jest/globals'
import {
  type AnyTransitionTable,
  go,
  ignored,
  step,
  transportTables,
} from '../../../../../../ingress/sip/native/transaction/transition-table.ts'

type State = 'Trying' | 'Completed'
type Input = 'request' | 'final'

const tables = transportTables<State, Input, 'send' | 'startJ'>((reliable) => ({
  Trying: {
    final: reliable ? go('Completed', 'send') : go('Completed', 'startJ', 'send'),
    ...ignored('Trying', 'request'),
  },
  Completed: ignored('Completed', 'request', 'final'),
}))

describe('a transition table', () => {
  it('says where an input leads and what to do, in order, for each kind of transport', () => {
    expect(step(tables.unreliable, 'Trying', 'final')).toEqual({ to: 'Completed', effects: ['startJ', 'send'] })
    expect(step(tables.reliable, 'Trying', 'final')).toEqual({ to: 'Completed', effects: ['send'] })
  })

  it('stays where it is and does nothing on an input that it ignores', () => {
    expect(step(tables.unreliable, 'Trying', 'request')).toEqual({ to: 'Trying', effects: [] })
  })

  it('ignores an input that it does not know', () => {
    const table: AnyTransitionTable<State, string> = tables.unreliable
    expect(step(table, 'Trying', 'ack')).toEqual({ to: 'Trying', effects: [] })
  })

  it('gives the same object at each step, so that a step allocates nothing', () => {
    expect(step(tables.unreliable, 'Trying', 'final')).toBe(step(tables.unreliable, 'Trying', 'final'))
  })

  it('cannot be changed', () => {
    const { effects } = step(tables.unreliable, 'Trying', 'final')
    expect([tables, tables.reliable, tables.reliable.Trying, effects].map((part) => Object.isFrozen(part))).toEqual(
      Array.from({ length: 4 }, () => true),
    )
  })
})
