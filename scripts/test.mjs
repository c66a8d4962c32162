import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { CHECK_SILENCE_MS, CHECKS } from './checks.mjs'
import { endOnError, ROOT, runInForeground, runQuietly, stopCommandsOnSignal } from './command.mjs'
import { summarise } from './jest-summary.mjs'
import { hasKubernetesParts, setUpKubernetesParts } from './kubernetes-parts.mjs'
import { setUpPackages, setUpPrograms, TEST_PROGRAMS } from './set-up.mjs'
import { areUnitTests, WITH_PARTS, WITHOUT_PARTS } from './test-runs.mjs'

/** Milliseconds in which no test file ends: many times the duration of the longest. */
const JEST_SILENCE_MS = 20 * 60_000

/** Bytes of memory that tests need while Go links its largest program; on a smaller machine the tests wait for the build. */
const ROOM_FOR_BOTH = 6 * 2 ** 30

/** How Node runs jest for ES modules: without the flag jest cannot load them. */
const JEST = /** @type {const} */ ([
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
])

/** @typedef {import('./jest-summary.mjs').Tally} Tally */

stopCommandsOnSignal()
const node = await setUpPackages().catch(endOnError)
const jestArguments = process.argv.slice(2)
if (!areUnitTests(jestArguments)) {
  await setUpPrograms(TEST_PROGRAMS)
}
// A run of some tests does not wait for the parts of Kubernetes, which take minutes to build; tests that need an absent part
// are skipped.
process.exitCode =
  jestArguments.length > 0 ? await runInForeground([node, ...JEST, ...jestArguments]) : await runEverything()

/** @returns {Promise<number>} the exit code */
async function runEverything() {
  const tallies = hasKubernetesParts() ? [...(await runChecks()), await runJest('jest', [])] : await runWhileBuilding()
  const total = (/** @type {'passed' | 'failed' | 'skipped'} */ key) =>
    tallies.reduce((sum, tally) => sum + tally[key], 0)
  const skipped = total('skipped')
  console.log(`${total('passed')} passed, ${total('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  return total('failed') > 0 ? 1 : 0
}

/**
 * For a machine where the parts of Kubernetes are absent: tests that need none of them do not wait for the build.
 *
 * @returns {Promise<Tally[]>}
 */
async function runWhileBuilding() {
  const building = setUpKubernetesParts()
  if (totalmem() < ROOM_FOR_BOTH) {
    await building
  }
  const tallies = [...(await runChecks()), await runJest('jest without the parts of Kubernetes', WITHOUT_PARTS)]
  await building
  return [...tallies, await runJest('jest with the parts of Kubernetes', WITH_PARTS)]
}

/** @returns {Promise<Tally[]>} */
async function runChecks() {
  /** @type {Tally[]} */
  const tallies = []
  for (const check of CHECKS) {
    tallies.push(await runCheck(check))
  }
  return tallies
}

/**
 * @param {import('./checks.mjs').Check} check
 * @returns {Promise<Tally>}
 */
async function runCheck({ name, command, proof }) {
  const startedAt = Date.now()
  const { code, output } = await runQuietly(command, { label: name, silenceMs: CHECK_SILENCE_MS })
  const proven = proof === undefined || proof.test(output)
  const passed = code === 0 && proven
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${secondsSince(startedAt)} s)`)
  if (!passed) {
    console.log(indented(output))
    console.log(proven ? `    exit code ${code}` : `    it looked at too little: nothing it printed matches ${proof}`)
  }
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0, notes: [] }
}

/**
 * @param {string} name
 * @param {readonly string[]} args
 * @returns {Promise<Tally>}
 */
async function runJest(name, args) {
  const startedAt = Date.now()
  const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-jest-'))
  const file = join(folder, 'report.json')
  const { code, output } = await runQuietly([node, ...JEST, '--json', `--outputFile=${file}`, ...args], {
    label: name,
    silenceMs: JEST_SILENCE_MS,
    // CPU time is not a sign here: a test in an endless loop uses it too.
    outputOnly: true,
    progress: (output) => `${output.match(/^(PASS|FAIL) /gm)?.length ?? 0} test files are through`,
  })
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  rmSync(folder, { recursive: true })
  const tally = summarise(report)
  if (code !== 0 && tally.failed === 0) {
    tally.failed = 1
    tally.notes.push(`jest ended with exit code ${code}`)
  }
  const verdict = tally.failed === 0 ? 'ok    ' : 'FAILED'
  console.log(`${verdict} ${name}: ${report?.testResults.length ?? 0} files (${secondsSince(startedAt)} s)`)
  console.log(`    ${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped in jest`)
  for (const note of tally.notes) {
    console.log(indented(note.replaceAll(ROOT, '')))
  }
  if (report === undefined) {
    console.log(indented(output))
  }
  return tally
}

/** @param {number} startedAt */
function secondsSince(startedAt) {
  return ((Date.now() - startedAt) / 1000).toFixed(1)
}

/** @param {string} text */
function indented(text) {
  return text.trimEnd().replaceAll(/^/gm, '    ')
}
