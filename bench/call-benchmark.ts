/** The common part of `refused-call` and `forwarded-call`: the command line, the servers, the printed tables. */
import { mkdtempSync, rmSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Contestant, compare } from './comparison.ts'
import { profileTables } from './cpu-profile.ts'
import { monotonicMicroseconds } from './engine/engine-profile.ts'
import { figuresTables, machineLines } from './figures-table.ts'
import { MAX_RULES } from './limits.ts'
import { type LoadGenerator, startLoadGenerator } from './load/generator-process.ts'
import type { Scenario } from './load/load-order.ts'
import { startKamailio } from './server/kamailio-server.ts'
import { programVersion } from './server/program-version.ts'
import { freePort } from './server/running-server.ts'
import { type ServerOptions, startSipDispatch } from './server/sip-dispatch-server.ts'

export interface CallBenchmark {
  readonly scenario: Scenario
  /** See `Contestant.settleSeconds`. */
  readonly settleSeconds: { readonly sipDispatch: number; readonly kamailio: number }
}

interface Settings {
  readonly rules: number
  readonly rounds: number
  readonly seconds: number
  /** Skips the settling: the run only has to show that everything works. */
  readonly quick: boolean
  readonly profile: boolean
}

const SATURATION = { outstanding: 64 }
const BUSY = { callsPerSecond: 5000 }
const STEADY = { callsPerSecond: 1000 }

/** Runs a benchmark as the command line says. Prints Markdown to standard output and progress to standard error. */
export async function runCallBenchmark(benchmark: CallBenchmark): Promise<void> {
  const settings = readSettings()
  const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const generator = startLoadGenerator()
  try {
    const options = { folder, rules: settings.rules, backendPort: await freePort() }
    const run = settings.profile ? profile : compareServers
    process.stdout.write(`${await run(benchmark, settings, options, generator)}\n`)
  } finally {
    await generator.stop()
  }
}

function readSettings(): Settings {
  const { values } = parseArgs({
    options: {
      rules: { type: 'string', default: '100000' },
      seconds: { type: 'string', default: '10' },
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
    },
  })
  const { quick, profile: profiled } = values
  const rules = Number(values.rules)
  if (!Number.isInteger(rules) || rules < 1 || rules > MAX_RULES)
    throw new RangeError(`--rules must be a whole number from 1 to ${MAX_RULES}`)
  const seconds = Number(values.seconds)
  if (!Number.isInteger(seconds) || seconds < 1) throw new RangeError('--seconds must be a whole number from 1')
  return { rules, rounds: quick ? 1 : 3, seconds: quick ? 2 : seconds, quick, profile: profiled }
}

async function compareServers(
  { scenario, settleSeconds }: CallBenchmark,
  { rules, rounds, seconds, quick }: Settings,
  options: ServerOptions,
  generator: LoadGenerator,
): Promise<string> {
  const settle = (full: number) => (quick ? 1 : full)
  const contestants: Contestant[] = []
  try {
    const own = await startSipDispatch(options)
    contestants.push({ server: own, settleSeconds: settle(settleSeconds.sipDispatch) })
    if (programVersion('kamailio', '-v') === undefined)
      report('kamailio is not installed: only sip-dispatch is measured')
    else {
      for (const allocator of ['default', 'tlsf'] as const) {
        const server = await startKamailio(options, allocator)
        contestants.push({ server, settleSeconds: settle(settleSeconds.kamailio) })
      }
    }
    const plan = {
      scenario,
      rules,
      rounds,
      seconds,
      backendPort: options.backendPort,
      paces: [SATURATION, BUSY, STEADY],
    }
    const figures = await compare(contestants, generator, plan, report)
    return `${machineLines(commandText(scenario))}\n\n${figuresTables(figures)}`
  } finally {
    for (const { server } of contestants) await server.stop()
  }
}

/** Shows where sip-dispatch spends its time at saturation, without its warm-up and its start. */
async function profile(
  { scenario }: CallBenchmark,
  { seconds, rules }: Settings,
  options: ServerOptions,
  generator: LoadGenerator,
): Promise<string> {
  const server = await startSipDispatch(options, ['--cpu-prof', `--cpu-prof-dir=${options.folder}`])
  const order = {
    scenario,
    rules,
    serverPort: server.port,
    backendPort: options.backendPort,
    pace: SATURATION,
    seconds,
  }
  await generator.run(order)
  const from = monotonicMicroseconds()
  const { calls } = await generator.run(order)
  const to = monotonicMicroseconds()
  await server.stop()
  const file = (await readdir(options.folder)).find((name) => name.endsWith('.cpuprofile'))
  if (file === undefined) throw new Error('node --cpu-prof has left no profile')
  const text = await readFile(join(options.folder, file), 'utf8')
  const head = `${machineLines(commandText(scenario))}, ${calls} calls in ${seconds} s`
  return `${head}\n\n${profileTables(text, { from, to })}`
}

function commandText(scenario: Scenario): string {
  return ['npx node', `bench/${scenario}-call.ts`, ...process.argv.slice(2)].join(' ')
}

function report(line: string): void {
  process.stderr.write(`${line}\n`)
}
