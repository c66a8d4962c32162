/**
 * Measures how a change of the folder delays calls. It compares three cases: no change; a small file beside many rules that
 * changes again and again; and a change of all rules at once.
 *
 * Run: npx node bench/reload.ts [--rules N] [--rounds N] [--seconds N]
 *
 * Each round has all three cases, so that a machine whose speed drifts drifts for all. The table shows the median of the
 * rounds, and lowest and highest in brackets.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { machineLines, spanText } from './figures-table.ts'
import { RULES_PER_FILE } from './limits.ts'
import { startLoadGenerator } from './load/generator-process.ts'
import type { LoadResult } from './load/load-order.ts'
import { freePort } from './server/running-server.ts'
import { startSipDispatch, writeRules } from './server/sip-dispatch-server.ts'

const { values } = parseArgs({
  options: {
    rules: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '60' },
  },
})
const RULES = Number(values.rules)
const ROUNDS = Number(values.rounds)
const SECONDS = Number(values.seconds)
/** So few calls that a core has time for the rest of the machine: a call that waits was then delayed by the change. */
const PACE = { callsPerSecond: 200 }
const SMALL_EVERY_MS = 1000
/** Milliseconds after each measurement: the change made in it has been read by then. */
const SETTLE_MS = SECONDS * 250

const say = (text: string): void => void process.stderr.write(`${text}\n`)

const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const backendPort = await freePort()
const server = await startSipDispatch({ folder, rules: RULES, backendPort })
const generator = startLoadGenerator()
const rules = join(folder, 'rules')
let changes = 0

/** Adds one trunk, for an address that never calls. */
function changeSmall(): void {
  const metadata = { name: 'changing', labels: { change: String(++changes) } }
  const spec = { sources: [`203.0.113.${changes % 250}`] }
  const trunk = { apiVersion: 'sipdispatch.dev/v1alpha1', kind: 'SipTrunk', metadata, spec }
  writeFileSync(join(rules, 'zz-changing.json'), JSON.stringify(trunk))
}

/** Writes every file of rules again, with another priority for every rule. */
function changeLarge(): void {
  const priority = ++changes % 1000
  for (let first = 0; first < RULES; first += RULES_PER_FILE) {
    writeRules(rules, { first, count: Math.min(RULES_PER_FILE, RULES - first), backendPort, priority })
  }
}

interface Kind {
  readonly name: string
  readonly change?: () => void
  /** Undefined: the change is made once, at the beginning. */
  readonly everyMs?: number
}

const KINDS: readonly Kind[] = [
  { name: 'no change' },
  { name: `one small file beside ${RULES} rules, each second`, everyMs: SMALL_EVERY_MS, change: changeSmall },
  { name: `all ${RULES} rules at once`, change: changeLarge },
]

async function measure({ everyMs, change }: Kind): Promise<LoadResult> {
  const end = new AbortController()
  const changing = async (): Promise<void> => {
    change?.()
    if (everyMs === undefined) return
    while (!end.signal.aborted) {
      change?.()
      await pause(everyMs, undefined, { signal: end.signal }).catch(() => undefined)
    }
  }
  const order = { scenario: 'refused', rules: RULES, backendPort, pace: PACE, serverPort: server.port } as const
  const changed = changing()
  const result = await generator.run({ ...order, seconds: SECONDS })
  end.abort()
  await changed
  await pause(SETTLE_MS)
  return result
}

const figures = KINDS.map(({ name }) => ({ name, results: [] as LoadResult[] }))
try {
  await measure({ name: 'warm-up' })
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, kind] of KINDS.entries()) {
      const result = await measure(kind)
      figures[i]?.results.push(result)
      say(`round ${round + 1}, ${kind.name}: ${JSON.stringify(result.latency)}, lost ${result.lost}`)
    }
  }
} finally {
  await generator.stop()
  await server.stop()
}
const command = ['npx node bench/reload.ts', ...process.argv.slice(2)].join(' ')
process.stdout.write(`${machineLines(command)}\n\n`)
process.stdout.write('| 200 calls/s, refused | p50 ms | p99 ms | max ms | lost |\n|---|---|---|---|---|\n')
for (const { name, results } of figures) {
  const cells = [
    spanText(
      results.map(({ latency }) => latency.p50),
      2,
    ),
    spanText(
      results.map(({ latency }) => latency.p99),
      2,
    ),
    spanText(
      results.map(({ latency }) => latency.max),
      1,
    ),
    spanText(
      results.map(({ lost }) => lost),
      0,
    ),
  ]
  process.stdout.write(`| ${name} | ${cells.join(' | ')} |\n`)
}
