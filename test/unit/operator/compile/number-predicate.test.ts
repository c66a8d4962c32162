import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import type { NumberMatch } from '../../../../crds/schema/number-match.ts'
import { numberTest } from '../../../../ingress/lookup/number-test.ts'
import { createPatterns } from '../../../../ingress/lookup/patterns.ts'
import { toCanonical } from '../../../../ingress/lookup/phone-number.ts'
import { covers, numberPredicates } from '../../../../operator/compile/number-predicate.ts'

const US = { calledFrom: 'RequestURI', callingFrom: 'From', defaultRegion: 'US' } as const

/** Which of the users a condition holds for, where national numbers are American. */
function held(match: NumberMatch, users: readonly string[]): string[] {
  const test = numberTest(numberPredicates([match]), createPatterns())
  return users.filter((user) => test(toCanonical(user, US).number))
}

const USERS = ['911', '9110', '+911123456789', '112', '1550', '15551234567', '+15551234567', '5551234567', '2025550123']

describe('a number condition', () => {
  it.each<[NumberMatch, string[]]>([
    [{ exact: '911' }, ['911']],
    [{ exact: '+911' }, []],
    [{ prefix: '911' }, ['911', '9110', '+911123456789']],
    [{ prefix: '+911' }, ['+911123456789']],
    [{ regex: '^911' }, ['911', '9110']],
    [{ regex: '^\\+?911' }, ['911', '9110', '+911123456789']],
    [{ range: { from: '111', to: '199' } }, ['112']],
    [{ range: { from: '+111', to: '+199' } }, []],
    [{ prefix: '1555' }, ['15551234567', '+15551234567']],
    [{ prefix: '+1555' }, ['15551234567', '+15551234567']],
    [{ exact: '1-555-123-4567' }, ['15551234567', '+15551234567']],
    [{ exact: 'tel:0015551234567' }, ['15551234567', '+15551234567']],
    [{ range: { from: '15551230000', to: '15551239999' } }, ['15551234567', '+15551234567']],
    [{ exact: '5551234567' }, ['5551234567']],
    [{ exact: '+12025550123' }, ['2025550123']],
    [{ exact: '2025550123' }, []],
  ])('%j holds for what it says', (match, users) => {
    expect(held(match, USERS)).toEqual(users)
  })

  it.each<[NumberMatch, string, boolean]>([
    [{ exact: '000' }, '000', true],
    [{ prefix: '030' }, '0301234567', true],
    [{ range: { from: '0000', to: '0099' } }, '0042', false],
    [{ range: { from: '0000', to: '0099' } }, '0007', true],
    [{ exact: '*21#' }, '*21#', true],
    [{ exact: '*21#' }, '21', false],
    [{ exact: 'Alice' }, 'alice', false],
    [{ exact: '1-900-FLOWERS' }, '1-900-FLOWERS', true],
  ])('%j is asked for %s', (match, user, holds) => {
    expect(held(match, [user]).length > 0).toBe(holds)
  })

  it('without + holds for all that it holds for with it', () => {
    const digits = fc.stringMatching(/^[1-9][0-9]{0,14}$/)
    const matches = (text: string): NumberMatch[] => [
      { exact: text },
      { prefix: text },
      { range: { from: text, to: text } },
    ]
    const wider = fc.property(digits, (text) => {
      const [without, plus] = [numberPredicates(matches(text)), numberPredicates(matches(`+${text}`))]
      for (const predicate of plus) expect(without.some((one) => covers(one, predicate))).toBe(true)
      for (const predicate of without) expect(without.filter((one) => covers(predicate, one))).toContainEqual(predicate)
    })
    fc.assert(wider)
  })
})
