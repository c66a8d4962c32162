import { describe, expect, it } from '@jest/globals'
import { toCanonical } from '../../../../ingress/lookup/phone-number.ts'

const policy = (defaultRegion?: string) => ({
  calledFrom: 'RequestURI' as const,
  callingFrom: 'From' as const,
  ...(defaultRegion === undefined ? {} : { defaultRegion }),
})

describe('a user in canonical form', () => {
  it.each<[string | undefined, string | undefined, string]>([
    ['2024561111', 'US', '+12024561111'],
    ['(202) 456-1111', 'US', '+12024561111'],
    ['12024561111', 'US', '+12024561111'],
    ['tel:202-456-1111;phone-context=+1', 'US', '+12024561111'],
    ['011442079460018', 'US', '+442079460018'],
    ['442079460018', 'US', '+442079460018'],
    ['+442079460018', 'US', '+442079460018'],
    ['00442079460018', 'US', '+442079460018'],
    ['020 7946 0018', 'GB', '+442079460018'],
    ['030 901820', 'DE', '+4930901820'],
    ['02 1234 5678', 'IT', '+390212345678'],
    ['390212345678', 'IT', '+390212345678'],
    ['911', 'US', '+911'],
    ['alice', 'US', 'alice'],
    ['2024561111', undefined, '+2024561111'],
    ['2024561111', 'XX', '+2024561111'],
    [undefined, 'US', ''],
    ['', 'US', ''],
  ])('%s in %s is %s', (user, region, canonical) => {
    expect(toCanonical(user, policy(region))).toBe(canonical)
    expect(toCanonical(user, policy(region))).toBe(canonical)
  })

  it('is not looked for in users that no telephone number is as long as', () => {
    expect(toCanonical('2'.repeat(4000), policy('US'))).toBe(`+${'2'.repeat(4000)}`)
  })
})
