/**
 * What a call costs in this checkout, beside another checkout of the product: paired rounds at saturation, in which both take
 * their turns in changing order.
 *
 * Run: npx node bench/two-checkouts.ts --other PATH [--rounds N] [--seconds N] [--settle N] [--rules N]
 *      [--calls-per-second N]
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { machineLines, spanText } from './figures-table.ts'
import { type LoadGenerator, startLoadGenerator } from './load/generator-process.ts'
import type { LoadOrder, Scenario } from './load/load-order.ts'
import { median } from './median.ts'
import { allocatedBytes, logLength } from './server/allocation.ts'
import { treeCpuMicroseconds } from './server/process-cpu.ts'
import { freePort } from './server/running-server.ts'
import { type SipDispatchServer, startSipDispatch } from './server/sip-dispatch-server.ts'

const { values } = parseArgs({
  options: {
    other: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '6' },
    settle: { type: 'string', default: '6' },
    rules: { type: 'string', default: '10000' },
    'calls-per-second': { type: 'string' },
  },
})
const CHECKOUTS = [process.cwd(), checkout(values.other)]
const ROUNDS = wholeNumber('rounds')
const SECONDS = wholeNumber('seconds')
const SETTLE_SECONDS = wholeNumber('settle')
const RULES = wholeNumber('rules')
/** Without `--calls-per-second`: at saturation. */
const PACE =
  values['calls-per-second'] === undefined ? { outstanding: 64 } : { callsPerSecond: wholeNumber('calls-per-second') }

interface Cost {
  readonly cpuMicroseconds: number
  readonly bytes: number
}

function checkout(path = ''): string {
  if (path === '' || !existsSync(join(path, 'cli', 'sip-dispatch.ts')))
    throw new Error(`--other must be the folder of a checkout, with cli/sip-dispatch.ts in it: ${path || 'not given'}`)
  return resolve(path)
}

function wholeNumber(name: 'rounds' | 'seconds' | 'settle' | 'rules' | 'calls-per-second'): number {
  const number = Number(values[name])
  if (!Number.isInteger(number) || number < 1) throw new RangeError(`--${name} must be a whole number from 1`)
  return number
}

/** What the calls of one turn cost each. */
async function turn(server: SipDispatchServer, generator: LoadGenerator, order: LoadOrder): Promise<Cost> {
  await generator.run({ ...order, seconds: SETTLE_SECONDS })
  const from = logLength(server.logFile)
  const cpu = treeCpuMicroseconds(server.pid)
  const { calls, unexpected, lost } = await generator.run(order)
  const used = treeCpuMicroseconds(server.pid) - cpu
  const wrong = Object.keys(unexpected).length + lost
  if (calls === 0 || wrong > 0)
    throw new Error(`${calls} calls, ${lost} lost, unexpected: ${JSON.stringify(unexpected)}`)
  return { cpuMicroseconds: used / calls, bytes: allocatedBytes(server.logFile, from) / calls }
}

/** The costs of both servers, a pair for each round. */
async function rounds(servers: readonly SipDispatchServer[], generator: LoadGenerator, order: LoadOrder) {
  const costs = servers.map((): Cost[] => [])
  for (let round = 0; round < ROUNDS; round++) {
    const places = servers.map((_, place) => place)
    for (const place of round % 2 === 0 ? places : places.toReversed()) {
      const server = servers[place]
      if (!server) continue
      const cost = await turn(server, generator, { ...order, serverPort: server.port })
      costs[place]?.push(cost)
      process.stderr.write(`round ${round + 1}, ${CHECKOUTS[place]}: ${cost.cpuMicroseconds.toFixed(1)} µs\n`)
    }
  }
  return costs
}

function rowText(scenario: Scenario, [own = [], other = []]: readonly (readonly Cost[])[]): string {
  const cells = (['cpuMicroseconds', 'bytes'] as const).flatMap((figure) => {
    const ratios = own.map((cost, round) => cost[figure] / (other[round]?.[figure] ?? Number.NaN))
    const digits = figure === 'bytes' ? 0 : 1
    return [own, other]
      .map((costs) =>
        spanText(
          costs.map((cost) => cost[figure]),
          digits,
        ),
      )
      .concat(median(ratios).toFixed(3))
  })
  return `| ${scenario} | ${cells.join(' | ')} |`
}

const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const generator = startLoadGenerator()
const backendPort = await freePort()
const servers: SipDispatchServer[] = []
for (const [place, root] of CHECKOUTS.entries()) {
  const options = { folder: join(folder, String(place)), rules: RULES, backendPort, root }
  servers.push(await startSipDispatch(options, ['--trace-gc']))
}
const rows: string[] = []
for (const scenario of ['refused', 'forwarded'] as const) {
  const order = { scenario, rules: RULES, backendPort, pace: PACE, seconds: SECONDS, serverPort: 0 }
  rows.push(rowText(scenario, await rounds(servers, generator, order)))
}
await generator.stop()
for (const server of servers) await server.stop()
const columns = [
  'CPU µs per call, here',
  'there',
  'median ratio',
  'bytes allocated per call, here',
  'there',
  'median ratio',
]
process.stdout.write(`${machineLines(['npx node bench/two-checkouts.ts', ...process.argv.slice(2)].join(' '))}\n\n`)
process.stdout.write(
  `| ${ROUNDS} rounds | ${columns.join(' | ')} |\n|${'---|'.repeat(columns.length + 1)}\n${rows.join('\n')}\n`,
)
