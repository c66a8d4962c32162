/** Every panel shows what it should of a known state, by a real Prometheus, whatever is chosen. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { loopbackPorts } from '../support/loopback-port.ts'
import { runPromtool } from '../support/promtool.ts'
import { describeWith } from '../support/real-part.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'
import type { DashboardModel } from './dashboard-problems.ts'
import { DASHBOARDS } from './dashboards.ts'
import { type Choice, colorOf, type Prometheus, type Row, resolved, type Sample, shown } from './grafana.ts'
import { knownState, NOW } from './known-state.ts'
import { type Chosen, EXPECTATIONS } from './panel-expectations.ts'

const TEST_LIMIT_MS = 300_000

const HOUR = 3600

const EVERY_TRUNK = ['', 'voice/good', 'voice/bad', 'voice/other']

/** As the chart gives them to the release `voice/a`. */
const MODELS = DASHBOARDS.map(([name, text]): readonly [string, DashboardModel] => [
  name,
  JSON.parse(text.replaceAll('INSTALLATION', 'voice/a')),
])

interface Case {
  readonly title: string
  /** Of dashboards of ingresses, and of that of the operator. */
  readonly choice: Choice
  readonly operatorChoice?: Choice
  readonly chosen: Chosen
}

const CASES: readonly Case[] = [
  {
    ...{ title: 'nothing, so that it is the own installation', choice: {} },
    chosen: { pods: ['a0', 'a1'], operators: ['a', 'standby'], trunks: EVERY_TRUNK },
  },
  {
    ...{ title: 'every installation', choice: { installation: ['$__all'] } },
    chosen: { pods: ['a0', 'a1', 'b0'], operators: ['a', 'standby', 'b'], trunks: EVERY_TRUNK },
  },
  {
    ...{ title: 'the other installation', choice: { installation: ['voice/b'] } },
    chosen: { pods: ['b0'], operators: ['b'], trunks: EVERY_TRUNK },
  },
  {
    title: 'a job of several installations',
    choice: { installation: ['$__all'], job: ['voice/a-ingress'] },
    operatorChoice: { installation: ['$__all'], job: ['voice/a-operator'] },
    chosen: { pods: ['a0', 'a1'], operators: ['a', 'standby'], trunks: EVERY_TRUNK },
  },
  {
    title: 'an instance',
    choice: { instance: ['10.0.0.1:9090'] },
    operatorChoice: { instance: ['10.0.1.1:9091'] },
    chosen: { pods: ['a0'], operators: ['a'], trunks: EVERY_TRUNK },
  },
  {
    ...{ title: 'a trunk', choice: { trunk: ['voice/bad'] } },
    chosen: { pods: ['a0', 'a1'], operators: ['a', 'standby'], trunks: ['voice/bad'] },
  },
  {
    ...{
      title: 'two trunks of two installations',
      choice: { installation: ['voice/a', 'voice/b'], trunk: ['voice/bad', 'voice/other'] },
    },
    chosen: { pods: ['a0', 'a1', 'b0'], operators: ['a', 'standby', 'b'], trunks: ['voice/bad', 'voice/other'] },
  },
]

/** Six digits: what is left of a sum of parts. */
function rounded(row: Row): Row {
  const entries = Object.entries(row).map(([name, value]) => [
    name,
    typeof value === 'number' ? Number(value.toPrecision(6)) : value,
  ])
  return Object.fromEntries(entries)
}

const byText = (rows: readonly Row[]): Row[] =>
  rows.map(rounded).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))

describe('the expectations', () => {
  it.each(MODELS)('of %s are of its panels, each of them', (name, { panels }) => {
    expect(Object.keys(EXPECTATIONS[name] ?? {}).toSorted()).toEqual(panels.map(({ title }) => title).toSorted())
  })
})

describeWith(['prometheus'], 'a Prometheus that has scraped a known state', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-known-state-'))
  let server: ServerProcess | undefined
  let url = ''

  beforeAll(async () => {
    const [state, data, config] = ['state.txt', 'data', 'prometheus.yaml'].map((name) => join(folder, name))
    writeFileSync(state ?? '', knownState())
    writeFileSync(config ?? '', '{}')
    const made = await runPromtool(['tsdb', 'create-blocks-from', 'openmetrics', state ?? '', data ?? ''])
    if (made.code !== 0) throw new Error(`PROMTOOL: ${made.output}`)
    const [port] = await loopbackPorts(1)
    url = `http://127.0.0.1:${port}`
    const flags = [`--config.file=${config}`, `--storage.tsdb.path=${data}`, '--storage.tsdb.retention.time=100y']
    const ready = (): Promise<boolean> =>
      fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      )
    const command = ['prometheus', ...flags, `--web.listen-address=127.0.0.1:${port}`] as const
    server = await startServerProcess({ name: 'prometheus', command: [...command], ready })
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true })
  }, TEST_LIMIT_MS)

  async function answer<T>(path: string, parameters: Readonly<Record<string, string>>): Promise<T> {
    const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`)
    const { status, data, error }: { status: string; data: T; error?: string } = JSON.parse(await response.text())
    if (status !== 'success') throw new Error(`PROMETHEUS: ${JSON.stringify(parameters)}: ${error}`)
    return data
  }

  const hour = { start: `${NOW - HOUR}`, end: `${NOW}` }

  const prometheus: Prometheus = {
    labelValues: (label, match) => answer<string[]>(`label/${label}/values`, { 'match[]': match, ...hour }),
    instant: async (query) => {
      const { result } = await answer<{ result: { metric: Sample['metric']; value: [number, string] }[] }>('query', {
        query,
        time: `${NOW}`,
      })
      return result.map(({ metric, value: [, text] }) => ({ metric, value: Number(text) }))
    },
    range: async (query) => {
      const { result } = await answer<{ result: { metric: Sample['metric']; values: [number, string][] }[] }>(
        'query_range',
        { query, ...hour, step: '15' },
      )
      return result.map(({ metric, values }) => ({ metric, value: Number(values.at(-1)?.[1]) }))
    },
  }

  describe.each(CASES.map((one) => [one.title, one] as const))(
    'with %s chosen',
    (_, { choice, operatorChoice = choice, chosen }) => {
      const panels = MODELS.flatMap(([name, model]) =>
        model.panels.map((panel) => [name, panel.title, model, panel] as const),
      )
      it.each(panels)('%s, %s', async (name, title, model, panel) => {
        const values = await resolved(prometheus, model, name === 'operator.json' ? operatorChoice : choice)
        const expected = EXPECTATIONS[name]?.[title]?.(chosen)
        const rows = await shown(prometheus, panel, values)
        if (panel.type === 'table') expect(rows.map(rounded)).toEqual(expected?.rows.map(rounded))
        else expect(byText(rows)).toEqual(byText(expected?.rows ?? []))
        const colors = rows.map(({ legend, value }) => [legend, colorOf(panel, Number(value))])
        if (expected?.colors) expect(Object.fromEntries(colors)).toEqual(expected.colors)
        expect(panel.type !== 'stat' || expected?.colors !== undefined).toBe(true)
      })
    },
  )
})
