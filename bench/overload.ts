/**
 * What happens when more calls come than a server can do: goodput at multiples of the capacity, sip-dispatch beside Kamailio in
 * one run. With --strangers: what packets of strangers do to the calls of a known peer.
 *
 * Run: npx node bench/overload.ts [--share N] [--seconds N] [--settle N] [--factors N,N] [--calls refused,forwarded] [--rules N]
 *   [--seed N] [--svg FOLDER] [--strangers]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { prove } from './comparison.ts'
import { machineLines } from './figures-table.ts'
import { startLoadGenerator, startOpenLoadGenerator } from './load/generator-process.ts'
import type { Scenario } from './load/load-order.ts'
import { keptUp, searchCapacity } from './overload/capacity.ts'
import { limitToShare } from './overload/core-share.ts'
import { goodputPicture } from './overload/goodput-picture.ts'
import {
  CALM_SETTLE_SECONDS,
  CAPACITY_SECONDS,
  CAPACITY_SETTLE_SECONDS,
  GIVE_UP_MS,
  IN_TIME_MS,
  KNOWN_CALLS_PER_SECOND,
  STRANGER_ADDRESS,
  STRANGERS_PER_SECOND,
  WELL_SHARE,
} from './overload/limits.ts'
import { type LoadPoint, type LoadWanted, measureLoad } from './overload/load-point.ts'
import { goodput, offered, overloadTable, type ServerCurve, strangersTable } from './overload/overload-table.ts'
import { readOverloadSettings } from './overload/settings.ts'
import { startKamailio } from './server/kamailio-server.ts'
import { programVersion } from './server/program-version.ts'
import { freePort, type RunningServer } from './server/running-server.ts'
import { startSipDispatch } from './server/sip-dispatch-server.ts'

const settings = readOverloadSettings(process.argv.slice(2))
const { rules, seconds, settleSeconds, seed } = settings
/** Strangers are met with the whole core. */
const share = settings.strangers ? 1 : settings.share

/** Seconds of calls at the full core before anything is measured: the compiler has its work behind it then. */
const WARM_UP_SECONDS = 3
const SATURATION = { outstanding: 64 }

const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const backendPort = await freePort()
const plan = { rules, backendPort, share, seed }
const closed = startLoadGenerator()
const open = startOpenLoadGenerator()

async function startServers(): Promise<RunningServer[]> {
  const options = { folder, rules, backendPort }
  const servers: RunningServer[] = [await startSipDispatch(options)]
  if (programVersion('kamailio', '-v') === undefined) report('kamailio is not installed: only sip-dispatch is measured')
  else for (const allocator of ['default', 'tlsf'] as const) servers.push(await startKamailio(options, allocator))
  return servers
}

/** Calls per second with a bounded number of calls open. */
async function saturate(server: RunningServer, scenario: Scenario, duration: number): Promise<number> {
  const order = { scenario, rules, backendPort, pace: SATURATION, seconds: duration, serverPort: server.port }
  const result = await closed.run(order)
  if (result.calls === 0) throw new Error(`${server.name} ends no ${scenario} call: ${JSON.stringify(result)}`)
  return result.calls / result.seconds
}

async function capacityOf(server: RunningServer, scenario: Scenario): Promise<number> {
  const saturation = await saturate(server, scenario, CAPACITY_SECONDS)
  report(`${server.name}, ${scenario}: ${Math.round(saturation)} calls/s at saturation`)
  return searchCapacity(saturation, async (callsPerSecond) => {
    const times = { settleSeconds: CAPACITY_SETTLE_SECONDS, seconds: CAPACITY_SECONDS }
    const point = await measure(server, { scenario, callsPerSecond, ...times, strangersPerSecond: 0 })
    return keptUp(point.result)
  })
}

async function measure(server: RunningServer, wanted: LoadWanted): Promise<LoadPoint> {
  const point = await measureLoad(server, open, plan, wanted)
  const { lost, late, latency, shed } = point.result
  const counts = `goodput ${Math.round(goodput(point))}/s, shed ${shed}, late ${late}, lost ${lost}`
  report(
    `${server.name}, ${wanted.scenario}, ${Math.round(offered(point))}/s: ${counts}, p99 ${latency.p99.toFixed(1)} ms`,
  )
  return point
}

/** The servers take turns at each factor, so that a machine whose speed drifts drifts for all. */
async function overload(servers: readonly RunningServer[], scenario: Scenario): Promise<ServerCurve[]> {
  const curves: { server: RunningServer; name: string; capacity: number; points: LoadPoint[] }[] = []
  for (const server of servers)
    curves.push({ server, name: server.name, capacity: await capacityOf(server, scenario), points: [] })
  for (const factor of settings.factors) {
    for (const { server, capacity, points } of curves) {
      const times = {
        seconds,
        settleSeconds: factor > 1 ? settleSeconds : Math.min(settleSeconds, CALM_SETTLE_SECONDS),
      }
      const callsPerSecond = capacity * factor
      points.push(await measure(server, { scenario, callsPerSecond, ...times, strangersPerSecond: 0 }))
    }
  }
  return curves
}

async function meetStrangers(servers: readonly RunningServer[], scenario: Scenario): Promise<ServerCurve[]> {
  const load = { callsPerSecond: KNOWN_CALLS_PER_SECOND, strangersPerSecond: STRANGERS_PER_SECOND }
  const curves: ServerCurve[] = []
  for (const server of servers) {
    const point = await measure(server, { scenario, settleSeconds, seconds, ...load })
    curves.push({ name: server.name, capacity: KNOWN_CALLS_PER_SECOND, points: [point] })
    if (point.result.strangerBytes > 0)
      throw new Error(`${server.name} has sent ${point.result.strangerBytes} bytes to strangers`)
  }
  return curves
}

function overloadText(scenario: Scenario, curves: readonly ServerCurve[]): string {
  if (settings.svg !== undefined) {
    const lines = curves.map(({ name, capacity, points }) => ({
      name,
      points: points.map((point) => ({ offered: offered(point) / capacity, goodput: goodput(point) / capacity })),
    }))
    const file = join(settings.svg, `overload-${scenario}.svg`)
    writeFileSync(file, goodputPicture(`Goodput of ${scenario} calls under overload`, lines))
    report(`picture: ${file}`)
  }
  return overloadTable(scenario, curves)
}

/** What a reader needs to judge the figures. */
function conditions(ways: readonly string[]): string {
  const common = `Poisson arrivals with seed ${seed}; ${settleSeconds} s of load before each ${seconds} s that count (${CALM_SETTLE_SECONDS} s up to the capacity); ${rules.toLocaleString('en')} rules`
  if (settings.strangers)
    return `Strangers: INVITEs from ${STRANGER_ADDRESS}, evenly spaced. Each server has a core. ${common}.`
  return [
    `Share of a core: ${share} for each server (${[...new Set(ways)].join('; ')}).`,
    `Capacity: the highest rate at which ${WELL_SHARE * 100} % of the calls end well with a final answer within ${IN_TIME_MS} ms, searched from the rate with ${SATURATION.outstanding} calls open.`,
    `The caller gives up after ${GIVE_UP_MS / 1000} s. ${common}.`,
  ].join(' ')
}

function report(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** The conditions of the run, and a table for each kind of call. */
async function measureAll(servers: readonly RunningServer[]): Promise<string> {
  for (const server of servers) {
    await prove(server, closed, plan)
    for (const scenario of settings.scenarios) await saturate(server, scenario, WARM_UP_SECONDS)
  }
  const limits = servers.map(({ pid }) => limitToShare(pid, share))
  const tables: string[] = []
  for (const scenario of settings.scenarios) {
    if (settings.strangers) tables.push(strangersTable(scenario, await meetStrangers(servers, scenario)))
    else tables.push(overloadText(scenario, await overload(servers, scenario)))
  }
  for (const limit of limits) limit.release()
  return [conditions(limits.map(({ way }) => way)), ...tables].join('\n\n')
}

const servers = await startServers()
try {
  const text = await measureAll(servers)
  const command = ['npx node bench/overload.ts', ...process.argv.slice(2)].join(' ')
  process.stdout.write(`${machineLines(command)}\n\n${text}\n`)
} finally {
  // Servers that are killed leave processes behind.
  for (const server of servers) await server.stop()
  await open.stop()
  await closed.stop()
}
