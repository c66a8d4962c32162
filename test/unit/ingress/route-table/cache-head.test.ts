import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { CacheContentError } from '../../../../ingress/route-table/cache-content-error.ts'
import {
  comparePositions,
  decodeHead,
  decodeReport,
  encodeHead,
  encodePosition,
} from '../../../../ingress/route-table/cache-head.ts'
import { cacheKeys } from '../../../../ingress/route-table/cache-keys.ts'
import { decodeLogRecord, type EntryChange, encodeChanges } from '../../../../ingress/route-table/cache-log.ts'

const HEAD = { installation: 'a', epoch: 3, version: 41, checksum: '00000000000ff', entries: 7 }

describe('the head of the cache', () => {
  it('comes back as it was written', () => {
    expect(decodeHead(encodeHead(HEAD))).toEqual(HEAD)
  })

  it('is refused with a code of its own where another version of the program wrote it', () => {
    const other = encodeHead(HEAD).replace('"protocol":"1"', '"protocol":"2","more":true')
    expect(() => decodeHead(other)).toThrow(expect.objectContaining({ code: 'cache-protocol' }))
  })

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '"x"',
    encodeHead({ ...HEAD, version: -1 }),
    encodeHead({ ...HEAD, checksum: 'x' }),
  ])('is refused as %s', (json) => {
    expect(() => decodeHead(json)).toThrow(CacheContentError)
  })

  it('is refused where a number is too large to be counted on from', () => {
    expect(() => decodeHead(encodeHead({ ...HEAD, version: 2 ** 53 - 1 }))).toThrow('version')
  })
})

describe('positions', () => {
  it('are older in an earlier epoch, whatever the version', () => {
    expect(comparePositions({ epoch: 1, version: 9 }, { epoch: 2, version: 1 })).toBeLessThan(0)
    expect(comparePositions({ epoch: 2, version: 2 }, { epoch: 2, version: 1 })).toBeGreaterThan(0)
    expect(comparePositions(HEAD, HEAD)).toBe(0)
  })

  it('are reported for a pod', () => {
    expect(decodeReport('pod-1', encodePosition(HEAD))).toEqual({ pod: 'pod-1', epoch: 3, version: 41 })
    expect(() => decodeReport('pod-1', 'garbage')).toThrow('reader:pod-1')
  })
})

describe('the log', () => {
  const changes = fc.array(
    fc.tuple(
      fc.stringMatching(/^[a-z/]{1,9}$/),
      fc.option(
        fc.jsonValue().map((v) => JSON.stringify(v)),
        { nil: undefined },
      ),
    ),
  )

  it('gives back changes as they were written', () => {
    fc.assert(
      fc.property(changes, (written: EntryChange[]) => {
        const record = decodeLogRecord(['head', encodeHead(HEAD), 'from', '40', 'changes', encodeChanges(written)])
        expect(record).toEqual({ type: 'delta', head: HEAD, from: 40, changes: written })
      }),
    )
  })

  it('tells a whole new table from a change', () => {
    expect(decodeLogRecord(['head', encodeHead(HEAD)])).toEqual({ type: 'reload', head: HEAD })
  })

  it('never takes a key that holds a line break', () => {
    expect(() => encodeChanges([['a\nb', '{}']])).toThrow(RangeError)
  })

  it('answers garbage with a CacheContentError', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('head', 'from', 'changes', encodeHead(HEAD)))),
        (fields) => {
          let outcome = 'record'
          try {
            decodeLogRecord(fields)
          } catch (error) {
            outcome = error instanceof CacheContentError ? 'refused' : String(error)
          }
          expect(outcome).toMatch(/^(record|refused)$/)
        },
      ),
    )
  })
})

describe('the keys of an installation', () => {
  it('share one hash tag', () => {
    const keys = cacheKeys('prod/eu')
    const all = [keys.head, keys.entries, keys.log, keys.readers, keys.reader('pod'), keys.staging(3)]
    for (const key of all) expect(key).toMatch(/^\{prod\/eu\}:/)
  })

  it.each(['', '{a}', 'a b', 'a\n', 'a'.repeat(129)])('are not made of the prefix %j', (prefix) => {
    expect(() => cacheKeys(prefix)).toThrow(RangeError)
  })
})
