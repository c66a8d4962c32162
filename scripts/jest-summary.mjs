/**
 * The parts of the report of `jest --json` that this repository reads.
 *
 * @typedef {{ status: string, fullName: string, ancestorTitles: string[], failureMessages: string[] | null }} Assertion
 * @typedef {{ name: string, message: string, assertionResults: Assertion[] }} Suite
 * @typedef {{ success: boolean, numTotalTests: number, numPassedTests: number, numFailedTests: number,
 * numPendingTests: number, numTodoTests: number, numRuntimeErrorTestSuites: number, testResults: Suite[] }} JestReport
 *
 * @typedef {{ passed: number, failed: number, skipped: number, notes: string[] }} Tally `notes` say what went wrong and
 * what was skipped, ready to be printed
 */

/** Lines of a failure that are shown: the difference and the place. `npm test -- <file>` shows all of it. */
const FAILURE_LINES = 40

/**
 * Counts a jest report. A suite that could not run counts as one failure; so does a run without any test.
 *
 * @param {JestReport | undefined} report undefined where jest died before it wrote one
 * @returns {Tally}
 */
export function summarise(report) {
  if (report === undefined) {
    return { passed: 0, failed: 1, skipped: 0, notes: ['jest wrote no report: it died'] }
  }
  const notes = [...failures(report), ...skippedSuites(report)]
  let failed = report.numFailedTests + report.numRuntimeErrorTestSuites
  if (report.numPassedTests + failed === 0) {
    failed = 1
    notes.push('jest ran no test')
  } else if (!report.success && failed === 0) {
    failed = 1
    notes.push('jest reported a failure that belongs to no test')
  }
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests, notes }
}

/** @param {JestReport} report */
function failures(report) {
  return report.testResults.flatMap((suite) => {
    const tests = suite.assertionResults.filter(({ status }) => status === 'failed')
    if (tests.length === 0) {
      // The failure of a suite that failed although all its tests passed.
      return suite.message === '' ? [] : [beginning(`${suite.name}\n${suite.message}`)]
    }
    return tests.map((test) =>
      beginning([`${suite.name}: ${test.fullName}`, ...(test.failureMessages ?? [])].join('\n')),
    )
  })
}

/**
 * One line for each group of tests that was skipped: the outermost title says why.
 *
 * @param {JestReport} report
 */
function skippedSuites(report) {
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const suite of report.testResults) {
    for (const test of suite.assertionResults) {
      if (test.status === 'pending' || test.status === 'todo') {
        const title = `${suite.name}: ${test.ancestorTitles[0] ?? test.fullName}`
        counts.set(title, (counts.get(title) ?? 0) + 1)
      }
    }
  }
  return [...counts].map(([title, count]) => `skipped ${count} in ${title}`)
}

/** @param {string} text */
function beginning(text) {
  const lines = text.split('\n')
  const rest = lines.length - FAILURE_LINES
  return rest > 0 ? [...lines.slice(0, FAILURE_LINES), `... ${rest} more lines`].join('\n') : text
}
