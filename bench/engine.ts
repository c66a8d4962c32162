/**
 * What a call costs inside a pod without the sockets: the real engine, application, table, metrics and log in one process, over a
 * transport in memory.
 *
 * Run: npx node bench/engine.ts [--only refused|forwarded|stranger] [--other PATH] [--rounds N] [--calls N] [--warm-up N]
 *      [--rules N] [--calls-per-second N] [--profile] [--json]
 *
 * A call is refused (INVITE, 503, ACK), forwarded (INVITE, 100, 180, 200, ACK, BYE, 200, record-routed), or a stranger's (INVITE,
 * nothing). Each kind has a process of its own with the flags of the image. The product's time is moved: it goes on by a second
 * in `--calls-per-second` calls, and the product's wheel fires its timers. The product still reads the machine's clock as often as
 * in a pod; what a system timer costs is left out. Every packet is checked: after a wrong one there is no figure.
 *
 * - CPU is the user and system time of all threads in rounds of `--calls` calls, bytes are what the heap and other memory grew
 *   by, between collections. The bench's own share is measured beside each round with an engine that only takes packets and sends
 *   ready ones, and is subtracted. Median of the rounds, and lowest and highest in brackets.
 * - By packet: 64 calls go forward together, one packet each, and the CPU time of the 64 is taken. Median of the groups, the
 *   bench's share subtracted. Their sum is less than a call's figure: caches are warm where the same code runs 64 times, and the
 *   few groups with a collection or with log lines do not move a median.
 * - By stage of the INVITE: the product's own functions of the stage, on the bytes of 64 INVITEs, likewise (`engine/stages.ts`).
 *   "The rest" is the INVITE's figure without these stages, so it has the noise of both.
 *
 * `--other` measures this product and that of another checkout in turns, with this bench if it can drive the other product, else
 * with the other checkout's own bench. `--profile` makes as many calls once more, writes their CPU profile and prints where the
 * time goes. The flag of V8 beside those of the image makes memory outside of the heap countable.
 */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { type EngineProcess, startEngineProcess } from './engine/engine-process.ts'
import { comparisonText, type Measured, scenarioText } from './engine/engine-table.ts'
import { machineLines } from './figures-table.ts'
import { ENGINE_WARM_UP_CALLS, MAX_RULES, TRANSACTIONS_MS } from './limits.ts'

const SCENARIOS = ['refused', 'forwarded', 'stranger'] as const

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    other: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    calls: { type: 'string', default: '20000' },
    'warm-up': { type: 'string' },
    rules: { type: 'string', default: '1000' },
    'calls-per-second': { type: 'string', default: '1000' },
    profile: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const ROUNDS = wholeNumber('rounds')
const CALLS = wholeNumber('calls')
const RULES = wholeNumber('rules')
const CALLS_PER_SECOND = wholeNumber('calls-per-second')
if (RULES > MAX_RULES) throw new RangeError(`--rules must be a whole number from 1 to ${MAX_RULES}`)
/** By then as many transactions end as begin. */
const STEADY_CALLS = Math.ceil((TRANSACTIONS_MS / 1000) * CALLS_PER_SECOND)
const WARM_UP = values['warm-up'] === undefined ? Math.max(ENGINE_WARM_UP_CALLS, STEADY_CALLS) : wholeNumber('warm-up')
const CHECKOUTS = [process.cwd(), ...(values.other === undefined ? [] : [checkout(values.other)])]

function wholeNumber(name: 'rounds' | 'calls' | 'warm-up' | 'rules' | 'calls-per-second'): number {
  const number = Number(values[name])
  if (!Number.isInteger(number) || number < 1) throw new RangeError(`--${name} must be a whole number from 1`)
  return number
}

function checkout(path: string): string {
  if (!existsSync(join(path, 'ingress', 'sip', 'native', 'native-engine.ts')))
    throw new Error(`--other must be the folder of a checkout, with ingress/sip/native/native-engine.ts in it: ${path}`)
  return resolve(path)
}

function chosen(only: string | undefined): readonly (typeof SCENARIOS)[number][] {
  const some = SCENARIOS.filter((scenario) => only === undefined || scenario === only)
  if (some.length === 0) throw new RangeError(`--only must be one of ${SCENARIOS.join(', ')}`)
  return some
}

/** Rounds of all processes in turns; which of them begins changes with each round. */
async function measureRounds(engines: readonly EngineProcess[], measured: readonly Measured[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const places = engines.map((_, place) => place)
    for (const place of round % 2 === 0 ? places : places.toReversed()) {
      const pair = await engines[place]?.measuredRound(CALLS)
      if (pair) measured[place]?.rounds.push(pair)
    }
    process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`)
  }
}

async function measure(scenario: (typeof SCENARIOS)[number]): Promise<Measured[]> {
  const measured = CHECKOUTS.map((root): Measured => ({ scenario, root, rounds: [], packets: [], stages: [] }))
  const engines: EngineProcess[] = []
  try {
    for (const root of CHECKOUTS) {
      const settings = { root, scenario, rules: RULES, callsPerSecond: CALLS_PER_SECOND }
      engines.push(await startEngineProcess(settings, WARM_UP))
    }
    await measureRounds(engines, measured)
    for (const [place, engine] of engines.entries()) {
      const result = measured[place]
      if (!result) continue
      // Beside the rounds, because profiled calls are slower.
      if (values.profile) result.profile = await engine.profile(ROUNDS * CALLS)
      result.packets.push(...(await engine.packets(CALLS)))
      if (engine.hasStages) result.stages.push(...(await engine.stages(CALLS)))
      await engine.end()
    }
    return measured
  } finally {
    for (const engine of engines) await engine.stop()
  }
}

const results: Measured[][] = []
for (const scenario of chosen(values.only)) results.push(await measure(scenario))
if (values.json) process.stdout.write(`${JSON.stringify(results.flat())}\n`)
else {
  const command = ['npx node bench/engine.ts', ...process.argv.slice(2)].join(' ')
  process.stdout.write(`${machineLines(command)}\n`)
  for (const [own, other] of results) {
    if (own) process.stdout.write(`\n${scenarioText(own)}\n`)
    if (own && other) process.stdout.write(`\n${comparisonText(own, other)}\n`)
  }
}
