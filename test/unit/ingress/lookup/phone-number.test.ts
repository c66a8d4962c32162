import { describe, expect, it } from '@jest/globals'
import { toCanonical } from '../../../../ingress/lookup/phone-number.ts'
import type { NumberPolicy } from '../../../../ingress/route-table/route-table.ts'

const policy = (defaultRegion?: string, unreadable?: 'AsWritten'): NumberPolicy => ({
  calledFrom: 'RequestURI',
  callingFrom: 'From',
  ...(defaultRegion !== undefined && { defaultRegion }),
  ...(unreadable !== undefined && { unreadable }),
})

describe('a user in canonical form', () => {
  // By what is dialled: with region US, DE and GB, and with none.
  it.each([
    ['911', '911', '911', '911', '911'],
    ['112', '112', '112', '112', '112'],
    ['110', '110', '110', '110', '110'],
    ['999', '999', '999', '999', '999'],
    ['000', '000', '000', '000', '000'],
    ['4901', '4901', '4901', '4901', '4901'],
    ['7001', '7001', '7001', '7001', '7001'],
    ['*21#', '*21#', '*21#', '*21#', '*21#'],
    ['39061234567', '+39061234567', '+4939061234567', '+39061234567', '+39061234567'],
    ['4930123456', '+4930123456', '+4930123456', '+4930123456', '+4930123456'],
    ['5551234567', '5551234567', '+495551234567', '+445551234567', '5551234567'],
    ['2025550123', '+12025550123', '+492025550123', '2025550123', '2025550123'],
    ['12025550123', '+12025550123', '+4912025550123', '+12025550123', '+12025550123'],
    ['442079460018', '+442079460018', '+49442079460018', '+442079460018', '+442079460018'],
    ['0301234567', '0301234567', '+49301234567', '0301234567', '0301234567'],
    ['020 7946 0018', '02079460018', '+492079460018', '+442079460018', '02079460018'],
    ['00442079460018', '+442079460018', '+442079460018', '+442079460018', '+442079460018'],
    ['011442079460018', '+442079460018', '+4911442079460018', '011442079460018', '011442079460018'],
    ['+911', '+911', '+911', '+911', '+911'],
    ['+1 (202) 555-0123', '+12025550123', '+12025550123', '+12025550123', '+12025550123'],
    ['alice', 'alice', 'alice', 'alice', 'alice'],
  ])('%s is %s in US, %s in DE, %s in GB, %s without a region', (user, ...numbers) => {
    const regions = ['US', 'DE', 'GB', undefined]
    const read = () => regions.map((region) => toCanonical(user, policy(region)))
    const expected = numbers.map((number) => ({ number, fault: undefined }))
    expect(read()).toEqual(expected)
    // The second time from memory.
    expect(read()).toEqual(expected)
  })

  it.each<[string, string | undefined, string]>([
    // The country code of the region, and an area code that is not in use, or not yet known.
    ['15551234567', 'US', '+15551234567'],
    ['15551234567', 'GB', '15551234567'],
    ['15551234567', undefined, '15551234567'],
    // A digit too many, which exchanges drop.
    ['190055501001', 'US', '+190055501001'],
    ['190055501001', undefined, '+190055501001'],
    ['1900555010012345678', undefined, '+1900555010012345678'],
    ['001900555010012345678', undefined, '+1900555010012345678'],
    // Prefixes of the region that are longer than 00.
    ['001119005550100', 'AU', '+19005550100'],
    ['0019005550100', 'AU', '+19005550100'],
    ['02 1234 5678', 'IT', '+390212345678'],
    ['2024561111', 'XX', '2024561111'],
    ['2024561111;phone-context=+1', 'US', '+12024561111'],
    ['911;phone-context=+1', 'US', '911'],
    ['', 'US', ''],
  ])('%s in %s is %s', (user, region, number) => {
    expect(toCanonical(user, policy(region))).toEqual({ number, fault: undefined })
  })

  it('of no user is empty', () => {
    expect(toCanonical(undefined, policy('US'))).toEqual({ number: '', fault: undefined })
  })

  it('is not found where a phone-context makes another valid number of the digits', () => {
    const users = ['5550100;phone-context=+1900', '9005550100;phone-context=+1', '2079460018;phone-context=+44']
    expect(users.map((user) => toCanonical(user, policy()).fault)).toEqual(['context', 'context', 'context'])
    const home = users.map((user) => toCanonical(user, policy('US')))
    expect(home.map(({ fault }) => fault)).toEqual(['context', undefined, 'context'])
    expect(home[0]?.number).toBe('5550100;phone-context=+1900')
  })

  it('is not found behind three zeros, unless they are a prefix of the region or a short code', () => {
    expect(toCanonical('000-1900-555-0100', policy())).toEqual({ number: '000-1900-555-0100', fault: 'zero' })
    expect(toCanonical('00019005550100', policy('US')).fault).toBe('zero')
    expect(toCanonical('00019005550100', policy('KE'))).toEqual({ number: '+19005550100', fault: undefined })
    expect(toCanonical('000123', policy())).toEqual({ number: '000123', fault: undefined })
  })

  it('is the text where the policy takes what cannot be read as it is written', () => {
    expect(toCanonical('++1900', policy('US'))).toEqual({ number: '++1900', fault: 'plus' })
    expect(toCanonical('++1900', policy('US', 'AsWritten'))).toEqual({ number: '++1900', fault: undefined })
    const local = '9005550100;phone-context=+1'
    expect(toCanonical(local, policy(undefined, 'AsWritten'))).toEqual({ number: '9005550100', fault: undefined })
  })

  it('is not looked for in users that no telephone number is as long as', () => {
    expect(toCanonical('2'.repeat(4000), policy('US')).number).toBe(`+${'2'.repeat(4000)}`)
  })
})
