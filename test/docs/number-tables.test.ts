import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { toCanonical } from '../../ingress/lookup/phone-number.ts'

const page = readFileSync(new URL('../../docs/how-a-call-is-decided.md', import.meta.url), 'utf8')

const [, table = ''] = /^(\| dialled .*\n(?:\|.*\n)+)/m.exec(page) ?? []

/** What was dialled, and what it is with region US and without one. */
const rows = table
  .split('\n')
  .slice(2, -1)
  .flatMap((line) => {
    const [, dialled = '', us = '', none = ''] = line.split('|').map((cell) => cell.trim())
    return Array.from(dialled.matchAll(/`(?:tel:)?([^`]+)`/g), ([, user = '']) => [user, us, none] as const)
  })

describe('the table of dialled numbers in docs/how-a-call-is-decided.md', () => {
  it('has rows', () => {
    expect(rows.length).toBeGreaterThan(10)
  })

  it.each(rows)('says of %s what is true: %s, %s', (user, ...said) => {
    const told = ['US', undefined].map((region) => {
      const numbers = {
        calledFrom: 'RequestURI',
        callingFrom: 'From',
        ...(region && { defaultRegion: region }),
      } as const
      const { number } = toCanonical(user, numbers)
      return number === user ? 'as dialled' : `\`${number}\``
    })
    expect(told).toEqual(said)
  })
})
