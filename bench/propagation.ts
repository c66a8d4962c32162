/**
 * Measures the time from a change in the Kubernetes API until the last pod has it, and the cost of start and change with a
 * large table.
 *
 * Run: npx node bench/propagation.ts [--rules N] [--readers N] [--warm-up-seconds N] [--changes N]
 *
 * Everything is real: API server, Redis, operator and one ingress pod, each a process of its own. The additional readers share
 * a process. They follow the cache over connections of their own, as a pod does, but keep no table: a machine has no room for a
 * thousand tables.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type ApiClient, apiClient } from '../operator/api/api-client.ts'
import { startIngress } from '../test/support/ingress-process.ts'
import { startKubernetesApi } from '../test/support/kubernetes-api.ts'
import { startOperator } from '../test/support/operator-process.ts'
import { startRedisServer } from '../test/support/redis-server.ts'

const { values } = parseArgs({
  options: {
    rules: { type: 'string', default: '100000' },
    readers: { type: 'string', default: '1000' },
    'warm-up-seconds': { type: 'string', default: '20' },
    changes: { type: 'string', default: '20' },
  },
})
const RULES = Number(values.rules)
const READERS = Number(values.readers)
const CHANGES = Number(values.changes)
const PARALLEL_REQUESTS = 16
const WARM_UP_MS = Number(values['warm-up-seconds']) * 1000
const PREFIX = 'bench'
const NAMESPACE = 'default'
const RESOURCE = { group: 'sipdispatch.dev', version: 'v1alpha1', plural: 'dispatchrules', namespace: NAMESPACE }

const say = (text: string): void => void process.stderr.write(`${text}\n`)

function ruleObject(i: number, status: number): object {
  const called = [{ exact: `+1555${String(i).padStart(7, '0')}` }]
  const spec = { match: { called }, action: { type: 'Reject', reject: { status } } }
  return {
    apiVersion: 'sipdispatch.dev/v1alpha1',
    kind: 'DispatchRule',
    metadata: { name: `r${i}`, namespace: NAMESPACE },
    spec,
  }
}

async function createRules(client: ApiClient): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    for (let i = next++; i < RULES; i = next++) {
      await client.create(RESOURCE, ruleObject(i, 404))
      if (i % 10_000 === 0) say(`${i} rules made`)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL_REQUESTS }, worker))
}

/** Starts the readers. Returns when the last of them had a version, in milliseconds since 1970. */
function startReaders(port: number, from: number) {
  const program = fileURLToPath(new URL('load/cache-readers.ts', import.meta.url))
  const args = [program, String(port), PREFIX, String(READERS), String(from)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const seen = new Map<number, number>()
  createInterface(child.stdout).on('line', (line) => {
    const { version, at } = JSON.parse(line)
    seen.set(version, at)
  })
  return {
    pid: child.pid,
    at: (version: number) => seen.get(version),
    close: () => child.stdin.end(),
  }
}

function usage(pid: number | undefined): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const ticks = Number(stat[11]) + Number(stat[12])
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return `${Math.round(Number(rss) / 1024)} MiB, ${(ticks / 100).toFixed(1)} s of CPU`
}

const quantile = (sorted: readonly number[], share: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(0)

const api = await startKubernetesApi()
const redis = await startRedisServer()
const client = apiClient({ file: api.kubeconfig })
await client.create(
  { ...RESOURCE, plural: 'siptrunks' },
  {
    apiVersion: 'sipdispatch.dev/v1alpha1',
    kind: 'SipTrunk',
    metadata: { name: 'carrier', namespace: NAMESPACE },
    spec: { sources: ['127.0.0.1'] },
  },
)
const madeAt = performance.now()
await createRules(client)
say(`${RULES} rules made in ${Math.round((performance.now() - madeAt) / 1000)} s`)
const startedAt = performance.now()
const operator = await startOperator({
  kubeconfig: api.kubeconfig,
  cache: redis.url,
  prefix: PREFIX,
  namespace: NAMESPACE,
})
const published = (after: number) =>
  operator.said(({ msg, version }) => msg === 'table published' && Number(version) > after)
let version = 0
for (let changed = 0; changed < RULES; ) {
  const line = await published(version).catch(() => undefined)
  if (!line) continue
  version = Number(line['version'])
  changed += Number(line['changed'])
}
const publishedMs = performance.now() - startedAt
const podAt = performance.now()
const pod = await startIngress({ cache: redis.url, prefix: PREFIX })
while ((await pod.readiness())[0] !== 200) await pause(50)
const readyMs = performance.now() - podAt
say(`published after ${publishedMs.toFixed(0)} ms, pod ready after ${readyMs.toFixed(0)} ms; statuses are written now`)
const readers = startReaders(redis.port, version)
await pause(WARM_UP_MS)
const delays: number[] = []
const compiles: number[] = []
const characters: number[] = []
for (let i = 0; i < CHANGES; i++) {
  const at = performance.timeOrigin + performance.now()
  const body = ruleObject(i * 7, 410 + i)
  await client.mergePatch(RESOURCE, { path: { name: `r${i * 7}` }, body, fieldManager: 'bench' })
  const line = await published(version)
  version = Number(line['version'])
  while (readers.at(version) === undefined) await pause(5)
  await pod.said(({ msg, version: taken }) => msg === 'route table changed' && Number(taken) >= version)
  delays.push((readers.at(version) ?? Number.NaN) - at)
  compiles.push(Number(line['compileMs']))
  characters.push(Number(line['characters']))
  await pause(500)
}
delays.sort((a, b) => a - b)
compiles.sort((a, b) => a - b)
const rows = [
  ['start of the operator to a published table, ms', publishedMs.toFixed(0)],
  ['start of a pod to ready, ms', readyMs.toFixed(0)],
  ['one change: API to the last reader, ms p50', quantile(delays, 0.5)],
  ['one change: API to the last reader, ms p99', quantile(delays, 0.99)],
  ['of that compiling, ms p50', quantile(compiles, 0.5)],
  ['one change: characters of the entries in the delta', String(Math.max(...characters))],
  ['operator', usage(operator.child.pid)],
  ['pod', usage(pod.child.pid)],
  ['all readers', usage(readers.pid)],
]
process.stdout.write(`| ${RULES} rules, ${READERS} readers and a pod, ${CHANGES} changes | |\n|---|---|\n`)
for (const [name, value] of rows) process.stdout.write(`| ${name} | ${value} |\n`)
readers.close()
await Promise.all([operator.stop(), pod.stop()])
await client.close()
await redis.stop()
await api.stop()
