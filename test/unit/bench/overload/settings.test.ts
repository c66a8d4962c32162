import { describe, expect, it } from '@jest/globals'
import { readOverloadSettings } from '../../../../bench/overload/settings.ts'

describe('the command line of the overload benchmark', () => {
  it('offers five loads of both kinds of call where nothing is said', () => {
    expect(readOverloadSettings([])).toMatchObject({
      factors: [0.5, 1, 1.5, 2, 4],
      scenarios: ['refused', 'forwarded'],
    })
  })

  it.each([
    ['--share', '0'],
    ['--share', '1.1'],
    ['--share', 'half'],
    ['--seconds', '0.5'],
    ['--factors', '1,0.5'],
    ['--factors', '1,,2'],
    ['--factors', 'much'],
    ['--calls', 'refused,dropped'],
    ['--svg', '/no/such/folder'],
  ])('refuses %s %s and names the flag', (flag, value) => {
    expect(() => readOverloadSettings([flag, value])).toThrow(new RegExp(`^${flag} must be`))
  })
})
