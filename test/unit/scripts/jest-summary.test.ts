import { describe, expect, it } from '@jest/globals'
import { summarise } from '../../../scripts/jest-summary.mjs'

type JestReport = NonNullable<Parameters<typeof summarise>[0]>
type Assertion = JestReport['testResults'][number]['assertionResults'][number]

const PASSED: JestReport = {
  success: true,
  numTotalTests: 3,
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults: [],
}

describe('summarise', () => {
  it('counts what passed', () => {
    expect(summarise(PASSED)).toEqual({ passed: 3, failed: 0, skipped: 0, notes: [] })
  })

  it('counts a jest that wrote no report as a failure', () => {
    expect(summarise(undefined)).toMatchObject({ passed: 0, failed: 1 })
  })

  it('counts a run without a test as a failure, even where all were skipped', () => {
    expect(summarise({ ...PASSED, numPassedTests: 0, numPendingTests: 3 })).toMatchObject({ failed: 1, skipped: 3 })
  })

  it('counts a suite that could not run as one failure and shows why', () => {
    const broken = { name: 'test/unit/a.test.ts', message: 'Cannot find module', assertionResults: [] }
    const report = { ...PASSED, success: false, numRuntimeErrorTestSuites: 1, testResults: [broken] }
    expect(summarise(report)).toMatchObject({
      passed: 3,
      failed: 1,
      notes: ['test/unit/a.test.ts\nCannot find module'],
    })
  })

  it('shows each failed test with its message', () => {
    const failed = assertion({ status: 'failed', fullName: 'a call is refused', failureMessages: ['expected 503'] })
    const report = { ...PASSED, success: false, numFailedTests: 1, testResults: [suite('a.test.ts', [failed])] }
    expect(summarise(report)).toMatchObject({ failed: 1, notes: ['a.test.ts: a call is refused\nexpected 503'] })
  })

  it('shows the beginning of a long message and says how much is left out', () => {
    const failed = assertion({ status: 'failed', failureMessages: ['line\n'.repeat(99)] })
    const report = { ...PASSED, success: false, numFailedTests: 1, testResults: [suite('a.test.ts', [failed])] }
    expect(summarise(report).notes).toEqual([expect.stringMatching(/^(.*\n){40}\.\.\. 61 more lines$/)])
  })

  it('names each skipped suite once, with the number of its tests', () => {
    const skipped = assertion({ status: 'pending', ancestorTitles: ['calls (skipped: sipp cannot be used here)'] })
    const report = { ...PASSED, numPendingTests: 2, testResults: [suite('a.test.ts', [skipped, skipped])] }
    const notes = ['skipped 2 in a.test.ts: calls (skipped: sipp cannot be used here)']
    expect(summarise(report)).toEqual({ passed: 3, failed: 0, skipped: 2, notes })
  })

  it('counts a failure that belongs to no test', () => {
    expect(summarise({ ...PASSED, success: false })).toMatchObject({ passed: 3, failed: 1 })
  })
})

function suite(name: string, assertionResults: Assertion[]): JestReport['testResults'][number] {
  return { name, message: '', assertionResults }
}

function assertion(part: Partial<Assertion>): Assertion {
  return { status: 'passed', fullName: '', ancestorTitles: [], failureMessages: [], ...part }
}
