import { describe, expect, it } from '@jest/globals'
import { missingPackages } from '../../../scripts/set-up.mjs'

const LOCK = {
  packages: {
    '': {},
    'node_modules/zod': { version: '4.0.0' },
    'node_modules/here': { version: '1.0.0', optional: true, os: [process.platform], cpu: [process.arch] },
    'node_modules/elsewhere': { version: '1.0.0', optional: true, os: ['aix'], cpu: ['s390x'] },
  },
}

describe('missingPackages', () => {
  it('is everything for this machine where nothing is installed', () => {
    expect(missingPackages(LOCK, undefined)).toEqual(['node_modules/zod', 'node_modules/here'])
  })

  it('is nothing where every version is the one of the lock file', () => {
    expect(missingPackages(LOCK, LOCK)).toEqual([])
  })

  it('names a package that is installed in another version', () => {
    const installed = { packages: { ...LOCK.packages, 'node_modules/zod': { version: '3.9.9' } } }
    expect(missingPackages(LOCK, installed)).toEqual(['node_modules/zod'])
  })

  it('refuses to guess where there is no lock file', () => {
    expect(() => missingPackages(undefined, undefined)).toThrow('SETUP_NO_LOCK')
  })
})
