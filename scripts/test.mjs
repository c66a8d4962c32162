import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHECK_LIMIT_MS, CHECKS } from './checks.mjs'
import { ROOT, runInForeground, runQuietly, stopCommandsOnSignal } from './command.mjs'
import { summarise } from './jest-summary.mjs'
import { setUpKubernetesParts } from './kubernetes-parts.mjs'
import { setUpPackages, setUpPrograms, TEST_PROGRAMS } from './set-up.mjs'

/** Milliseconds. With the checks before it the whole run stays under 20 minutes. */
const JEST_LIMIT_MS = 16 * 60_000

/** Jest as Node runs it for ES modules: without the flag it cannot load them. */
const JEST = /** @type {const} */ ([
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
])

/** @typedef {import('./jest-summary.mjs').Tally} Tally */

stopCommandsOnSignal()
const node = await setUpPackages()
await setUpPrograms(TEST_PROGRAMS)
const jestArguments = process.argv.slice(2)
if (jestArguments.length === 0) {
  // They take minutes where they are missing: a run of some tests does not wait for them, and may skip what needs them.
  await setUpKubernetesParts()
}
process.exitCode =
  jestArguments.length > 0 ? await runInForeground([node, ...JEST, ...jestArguments]) : await runEverything()

/** @returns {Promise<number>} the exit code */
async function runEverything() {
  /** @type {Tally[]} */
  const tallies = []
  for (const check of CHECKS) {
    tallies.push(await runCheck(check))
  }
  tallies.push(await runJest())
  const total = (/** @type {'passed' | 'failed' | 'skipped'} */ key) =>
    tallies.reduce((sum, tally) => sum + tally[key], 0)
  const skipped = total('skipped')
  console.log(`${total('passed')} passed, ${total('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  return total('failed') > 0 ? 1 : 0
}

/**
 * @param {import('./checks.mjs').Check} check
 * @returns {Promise<Tally>}
 */
async function runCheck({ name, command, proof }) {
  const startedAt = Date.now()
  const { code, output } = await runQuietly(command, { label: name, limitMs: CHECK_LIMIT_MS })
  const proven = proof === undefined || proof.test(output)
  const passed = code === 0 && proven
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${secondsSince(startedAt)} s)`)
  if (!passed) {
    console.log(indented(output))
    console.log(proven ? `    exit code ${code}` : `    it looked at too little: nothing it printed matches ${proof}`)
  }
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0, notes: [] }
}

/** @returns {Promise<Tally>} */
async function runJest() {
  const startedAt = Date.now()
  const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-jest-'))
  const file = join(folder, 'report.json')
  const { code, output } = await runQuietly([node, ...JEST, '--json', `--outputFile=${file}`], {
    label: 'jest',
    limitMs: JEST_LIMIT_MS,
  })
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  rmSync(folder, { recursive: true })
  const tally = summarise(report)
  if (code !== 0 && tally.failed === 0) {
    tally.failed = 1
    tally.notes.push(`jest ended with exit code ${code}`)
  }
  const verdict = tally.failed === 0 ? 'ok    ' : 'FAILED'
  console.log(`${verdict} jest: ${report?.testResults.length ?? 0} files (${secondsSince(startedAt)} s)`)
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
