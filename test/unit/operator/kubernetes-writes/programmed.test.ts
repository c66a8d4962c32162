import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  type ProgrammedInput,
  programmedCondition,
  versionOfMostReaders,
} from '../../../../operator/kubernetes-writes/programmed.ts'

const PUBLISHED: ProgrammedInput = {
  inTable: true,
  version: 5,
  publication: 'done',
  readersVersion: 5,
  programmed: false,
}

function reasonOf(changes: Partial<ProgrammedInput>): string {
  const { status, reason } = programmedCondition({ ...PUBLISHED, ...changes })
  return `${status} ${reason}`
}

describe('the condition Programmed', () => {
  it('holds once the pods have reached the version of the generation, or a later one', () => {
    expect([reasonOf({}), reasonOf({ readersVersion: 9 })]).toEqual(['True Programmed', 'True Programmed'])
  })

  it('waits while they are behind', () => {
    expect(reasonOf({ readersVersion: 4 })).toBe('False Pending')
  })

  it('says that no pod reports', () => {
    expect(reasonOf({ readersVersion: undefined })).toBe('False NoReaders')
  })

  it('waits before the first publication, and says when that failed', () => {
    expect(reasonOf({ version: undefined })).toBe('False Pending')
    expect(reasonOf({ version: undefined, publication: 'failed' })).toBe('False PublishFailed')
  })

  it('says that a change is held', () => {
    expect(reasonOf({ version: undefined, publication: 'held' })).toBe('False Held')
  })

  it('does not hold for an object that is not in the table, whatever ran before', () => {
    expect(reasonOf({ inTable: false, programmed: true })).toBe('False NotAccepted')
  })

  it('stays as it is when pods go, come or fall behind', () => {
    expect(reasonOf({ programmed: true, readersVersion: undefined })).toBe('True Programmed')
    expect(reasonOf({ programmed: true, readersVersion: 1 })).toBe('True Programmed')
  })

  it('does not name how many pods are behind, so that a rollout writes no status', () => {
    const messages = [1, 2, 3, 4].map((readersVersion) => programmedCondition({ ...PUBLISHED, readersVersion }).message)
    expect(new Set(messages).size).toBe(1)
  })
})

describe('the version of most readers', () => {
  it('is that of the last pod, where there are less than a hundred', () => {
    expect(versionOfMostReaders([7, 9, 8])).toBe(7)
  })

  it('lets one pod in a hundred be behind', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => (i === 50 ? 1 : 9))
    expect(versionOfMostReaders(hundred)).toBe(9)
    expect(versionOfMostReaders([...hundred.slice(1), 1])).toBe(1)
  })

  it('is unknown without a pod', () => {
    expect(versionOfMostReaders([])).toBeUndefined()
  })

  it('is reached by at least 99 % of any pods, and no higher version is', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 1_000 }), (versions) => {
        const most = versionOfMostReaders(versions) ?? -1
        const share = (version: number) => versions.filter((one) => one >= version).length / versions.length
        expect(share(most)).toBeGreaterThanOrEqual(0.99)
        expect(share(most + 1)).toBeLessThan(0.99)
      }),
    )
  })
})
