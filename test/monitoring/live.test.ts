/** A real Prometheus scrapes a running operator and ingress under calls: every panel shows something. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { METRICS as INGRESS_METRICS } from '../../ingress/metrics/metric-declarations.ts'
import { METRICS as OPERATOR_METRICS } from '../../operator/metrics/metric-declarations.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { loopbackPorts } from '../support/loopback-port.ts'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { eventually, type OperatorProcess } from '../support/operator-process.ts'
import { runPromtool } from '../support/promtool.ts'
import { describeWith } from '../support/real-part.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'
import { requestText, responseText } from '../support/sip-text.ts'
import { openDatagramPeer } from '../support/wire-socket.ts'
import { queriesOf } from './dashboards.ts'

const TEST_LIMIT_MS = 600_000

/** Milliseconds between two rounds of calls. */
const ROUND_MS = 200

const VARIABLES = { job: '.+', instance: '.+', operator: '.+', trunk: '.*', __rate_interval: '20s', __range: '1m' }

/** Series that appear only when something goes wrong, and what. */
const ONLY_IN_TROUBLE: Readonly<Record<string, string>> = {
  sip_dispatch_name_stale_timestamp_seconds: 'DNS fails',
  sip_dispatch_operator_publish_failures_total: 'the cache refuses a table',
}

interface Backend {
  readonly port: number
  close(): void
}

/** Rings, and is busy. */
async function busyBackend(): Promise<Backend> {
  const socket = createSocket('udp4')
  socket.on('message', (bytes, { port, address }) => {
    const request = bytes.toString('latin1')
    if (!request.startsWith('INVITE ')) return
    for (const status of [180, 486]) socket.send(responseText(request, status), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { port: socket.address().port, close: () => socket.close() }
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

describeWith(
  ['kubernetes', 'redis', 'prometheus'],
  'a Prometheus that scrapes operator and ingress under calls',
  () => {
    let cluster: Cluster
    let operator: OperatorProcess
    let backend: Backend
    let prometheus: ServerProcess | undefined
    let url: string
    const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-prometheus-'))
    const calling = new AbortController()
    let calls: Promise<void> | undefined

    beforeAll(async () => {
      cluster = await startCluster(undefined, { snapshot: join(folder, 'table') })
      backend = await busyBackend()
      operator = await cluster.operator()
      // Nobody listens there: calls and probes find it out, and go to the second tier.
      const [dead] = await loopbackPorts(1)
      const backends = [`sip:127.0.0.1:${dead}`, `sip:127.0.0.1:${backend.port}`]
      const healthCheck = { options: { interval: '5s', timeout: '1s' } }
      await cluster.apply(
        sipTrunk('carrier', { sources: ['127.0.0.1'], limits: { callsPerSecond: 10_000 } }),
        sipTrunk('stream', { sources: ['127.0.0.2'], transports: ['TCP'] }),
        dispatchRule('forwarding', '+15550000901', routeTo(backends, { healthCheck }), {
          limits: { concurrentCalls: 10_000 },
        }),
        dispatchRule('unused', '+15550000903', { type: 'Reject', reject: { status: 404 } }),
      )
      await cluster.reason('drule/unused', 'Programmed', 'Programmed')
      // The same numbers once more: an object that wants a look.
      await cluster.apply(dispatchRule('twice', '+15550000903', { type: 'Reject', reject: { status: 404 } }))
      await startPrometheus()
      calls = makeCalls()
      await scraped(2)
      // A change that Prometheus sees from before to after, so that its propagation and the mark of it show.
      await cluster.apply(dispatchRule('later', '+15550000904', { type: 'Reject', reject: { status: 404 } }))
      await cluster.reason('drule/later', 'Programmed', 'Programmed')
      await scraped(8)
      await seen('rate(sip_dispatch_backend_probes_total[20s])')
      // The panel looks at more seconds than that, so it has time until it is asked.
      await seen('rate(sip_dispatch_backend_ejections_total[5s]) > 0')
    }, TEST_LIMIT_MS)

    afterAll(async () => {
      calling.abort()
      await calls
      await prometheus?.stop()
      backend.close()
      await cluster.stop()
      rmSync(folder, { recursive: true })
    }, TEST_LIMIT_MS)

    /** Resolves when ingress and operator have been scraped so often in the last ten seconds. */
    function scraped(times: number): Promise<true> {
      return eventually(
        async () => (await asked(`count(sum_over_time(up[10s]) >= ${times}) == 2`)).length > 0 || undefined,
        () => `Prometheus has not scraped both ${times} times`,
      )
    }

    /** Resolves when the expression has a sample. */
    function seen(expr: string): Promise<true> {
      return eventually(
        async () => (await asked(expr)).length > 0 || undefined,
        () => `nothing is counted in ${expr}`,
      )
    }

    function targets(): string[] {
      const listening = cluster.ingress.log.find(({ msg }) => msg === 'listening')
      const started = operator.log.find(({ msg }) => msg === 'operator started')
      return [listening, started].map((line) => new URL(String(line?.['http'])).host)
    }

    async function startPrometheus(): Promise<void> {
      const [ingress, own] = targets()
      const jobs = [
        { job_name: 'ingress', static_configs: [{ targets: [ingress] }] },
        { job_name: 'operator', static_configs: [{ targets: [own] }] },
      ]
      const config = join(folder, 'prometheus.json')
      writeFileSync(config, JSON.stringify({ global: { scrape_interval: '1s' }, scrape_configs: jobs }))
      const [port] = await loopbackPorts(1)
      url = `http://127.0.0.1:${port}`
      const flags = [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ]
      // Refused until it listens; whoever waits gives up, and shows what it wrote.
      const ready = (): Promise<boolean> =>
        fetch(`${url}/-/ready`).then(
          ({ ok }) => ok,
          () => false,
        )
      prometheus = await startServerProcess({ name: 'prometheus', command: ['prometheus', ...flags], ready })
    }

    /** In every round: one that is forwarded, one without a rule, a stranger, and one over the wrong transport. */
    async function makeCalls(): Promise<void> {
      const peers = await Promise.all(['127.0.0.1', '127.0.0.2', '127.0.0.3'].map(openDatagramPeer))
      for (let round = 0; !calling.signal.aborted; round++) {
        for (const [i, number] of [
          [0, '+15550000901'],
          [0, '+15550000902'],
          [1, '+15550000901'],
          [2, '+15550000901'],
        ] as const) {
          const peer = peers[i]
          if (!peer) continue
          const callId = `live-${round}-${peer.port}-${number}`
          const via = `SIP/2.0/UDP ${peer.address}:${peer.port};branch=z9hG4bK-${callId}`
          await peer.send(requestText({ uri: `sip:${number}@127.0.0.1`, via, callId }), cluster.ingress.udp)
        }
        await pause(ROUND_MS)
      }
      for (const peer of peers) peer.close()
    }

    async function asked(expr: string): Promise<Sample[]> {
      const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`)
      const { status, data, error }: { status: string; error?: string; data: { result: Sample[] } } = JSON.parse(
        await answer.text(),
      )
      if (status !== 'success') throw new Error(`PROMETHEUS_QUERY: ${expr}: ${error}`)
      return data.result
    }

    it(
      'has numbers for every query of every panel',
      async () => {
        const empty: string[] = []
        for (const { where, expr } of queriesOf(VARIABLES)) {
          const samples = await asked(expr)
          if (!samples.some(({ value: [, text] }) => text !== 'NaN')) empty.push(where)
        }
        expect(empty).toEqual([])
      },
      TEST_LIMIT_MS,
    )

    it('shows in the first row which trunk is refused, why and since when', async () => {
      const [, , , refused, last, reason] = queriesOf(VARIABLES)
      const trunk = `${cluster.namespace}/carrier`
      expect((await asked(refused?.expr ?? '')).map(({ metric }) => metric)).toEqual([{ trunk, outcome: 'no_rule' }])
      expect((await asked(last?.expr ?? '')).map(({ metric }) => metric)).toEqual([{ trunk }])
      expect((await asked(reason?.expr ?? '')).map(({ metric }) => metric)).toEqual([{ trunk, reason: 'called' }])
    })

    it('finds every documented metric, and no other of ours', async () => {
      const names = await fetch(`${url}/api/v1/label/__name__/values`)
      const { data }: { data: string[] } = JSON.parse(await names.text())
      const declared = [...Object.values(INGRESS_METRICS), ...Object.values(OPERATOR_METRICS)].map(
        ({ name }) => name as string,
      )
      const found = new Set(
        data.map((name) => (declared.includes(name) ? name : name.replace(/_(bucket|sum|count)$/, ''))),
      )
      const ofPrometheus = [...found].filter((name) => /^(up|scrape_\w+)$/.test(name))
      const missing = declared.filter((name) => !found.has(name))
      expect(missing.toSorted()).toEqual(Object.keys(ONLY_IN_TROUBLE).toSorted())
      expect([...found].filter((name) => !declared.includes(name)).toSorted()).toEqual(ofPrometheus.toSorted())
    })

    it('gets expositions that promtool finds nothing wrong with', async () => {
      for (const target of targets()) {
        const text = await (await fetch(`http://${target}/metrics`)).text()
        expect(await runPromtool(['check', 'metrics'], text)).toEqual({ code: 0, output: '' })
      }
    })
  },
)
