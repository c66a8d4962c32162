import { describe, expect, it } from '@jest/globals'
import { createLineBudget } from '../../../../ingress/log/line-budget.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

function budgetOf(linesPerSecond: number) {
  const clock = new FakeClock()
  const reports: Readonly<Record<string, number>>[] = []
  const budget = createLineBudget({ linesPerSecond, clock, report: (leftOut) => reports.push(leftOut) })
  return { clock, reports, budget }
}

describe('a line budget', () => {
  it('lets so many lines through per second, and reports the rest by kind at its end', () => {
    const { clock, reports, budget } = budgetOf(2)
    const written = ['forwarded', 'no_rule', 'forwarded', 'no_rule', 'no_rule'].filter((kind) => budget.take(kind))
    expect(written).toEqual(['forwarded', 'no_rule'])
    clock.advance(999)
    expect(reports).toEqual([])
    clock.advance(1)
    expect(reports).toEqual([{ forwarded: 1, no_rule: 2 }])
  })

  it('is full again one second after its first line', () => {
    const { clock, budget } = budgetOf(1)
    expect(budget.take('a')).toBe(true)
    clock.advance(999)
    expect(budget.take('a')).toBe(false)
    clock.advance(1)
    expect(budget.take('a')).toBe(true)
  })

  it('sets no timer while nothing is left out, and reports nothing', () => {
    const { clock, reports, budget } = budgetOf(1)
    budget.take('a')
    expect(clock.pending).toBe(0)
    clock.advance(5000)
    expect(reports).toEqual([])
  })

  it('reports each second on its own', () => {
    const { clock, reports, budget } = budgetOf(0)
    budget.take('a')
    clock.advance(1000)
    budget.take('a')
    budget.take('b')
    clock.advance(1000)
    expect(reports).toEqual([{ a: 1 }, { a: 1, b: 1 }])
  })

  it('reports what is due when it is closed, once, and leaves no timer', () => {
    const { clock, reports, budget } = budgetOf(0)
    budget.take('a')
    budget.close()
    expect(clock.pending).toBe(0)
    budget.close()
    expect(reports).toEqual([{ a: 1 }])
  })
})
