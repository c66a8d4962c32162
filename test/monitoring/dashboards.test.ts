import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { METRICS as INGRESS_METRICS } from '../../ingress/metrics/metric-declarations.ts'
import { ALERTS } from '../../monitoring/alerts.ts'
import { METRICS as OPERATOR_METRICS } from '../../operator/metrics/metric-declarations.ts'
import { runPromtool } from '../support/promtool.ts'
import { describeWith } from '../support/real-part.ts'
import { type DashboardModel, dashboardProblems, undeclared } from './dashboard-problems.ts'
import { DASHBOARDS, queriesOf } from './dashboards.ts'

/** Bytes: with the other objects of a release it must fit one Secret. */
const MAX_DASHBOARD = 256 * 1024

const SAMPLE: DashboardModel = JSON.parse(DASHBOARDS.find(([name]) => name === 'calls.json')?.[1] ?? '{}')

/** The sample with its first panel changed. */
function withPanel(change: object): DashboardModel {
  const [first, ...rest] = SAMPLE.panels
  return { ...SAMPLE, panels: first ? [{ ...first, ...change }, ...rest] : [] }
}

function withQuery(expr: string): DashboardModel {
  const [target] = SAMPLE.panels[0]?.targets ?? []
  return withPanel({ targets: [{ ...target, expr }] })
}

const S = 'job=~"$job", instance=~"$instance"'

describe('the dashboards', () => {
  it.each(DASHBOARDS)('%s keeps the rules', (_, text) => {
    const model: DashboardModel = JSON.parse(text)
    expect(dashboardProblems(model)).toEqual([])
    expect(model.panels.length).toBeGreaterThan(5)
    expect(text.length).toBeLessThan(MAX_DASHBOARD)
  })

  it('are three, each with a uid and a title of its own', () => {
    const models = DASHBOARDS.map(([, text]): DashboardModel => JSON.parse(text))
    expect(new Set(models.map(({ uid }) => uid)).size).toBe(3)
    expect(new Set(models.map(({ title }) => title)).size).toBe(3)
  })

  it('answer in their first row whether callers are refused, by which trunk, since when, and why', () => {
    const row = SAMPLE.panels.filter(({ gridPos }) => gridPos.y === 0)
    const [share, table] = [
      row.find(({ title }) => title === 'Refused share'),
      row.find(({ type }) => type === 'table'),
    ]
    expect(share?.targets).toHaveLength(1)
    expect(table?.targets.map(({ expr }) => expr)).toEqual([
      expect.stringContaining('by (trunk, outcome)'),
      expect.stringContaining('sip_dispatch_last_forwarded_timestamp_seconds'),
      expect.stringContaining('sip_dispatch_no_rule_total'),
    ])
  })
})

/** Metrics that no dashboard asks for, and what they are there for instead. A new metric has a panel, or a reason here. */
const WITHOUT_PANEL: Readonly<Record<string, readonly string[]>> = {
  'an alert tells of it': ['sip_dispatch_route_table_kept'],
  'for whoever looks into a fault': [
    'sip_dispatch_decision_seconds',
    'sip_dispatch_operator_crd_outdated',
    'sip_dispatch_operator_installation_overlap',
    'sip_dispatch_operator_publish_failures_total',
    'sip_dispatch_operator_status_writes_total',
    'sip_dispatch_operator_status_overwrites_total',
    'sip_dispatch_operator_event_writes_total',
    'sip_dispatch_operator_watch_restarts_total',
    'sip_dispatch_operator_watch_events_total',
    'informer_relist_drift_total',
    'rest_client_request_duration_seconds',
  ],
  'dashboards for controllers know these names': [
    'controller_runtime_active_workers',
    'controller_runtime_reconcile_errors_total',
    'controller_runtime_reconcile_time_seconds',
    'controller_runtime_terminal_reconcile_errors_total',
    'workqueue_adds_total',
    'workqueue_longest_running_processor_seconds',
    'workqueue_queue_duration_seconds',
    'workqueue_retries_total',
    'workqueue_unfinished_work_seconds',
    'workqueue_work_duration_seconds',
  ],
}

describe('every metric', () => {
  const asked = DASHBOARDS.map(([, text]) => text).join('\n')
  const names = [INGRESS_METRICS, OPERATOR_METRICS].flatMap((metrics) => Object.values(metrics).map(({ name }) => name))
  const isAsked = (name: string): boolean => new RegExp(String.raw`\b${name}(_bucket|_sum|_count)?\b`).test(asked)

  it('is on a dashboard, unless it is said here why not', () => {
    expect(names.length).toBeGreaterThan(50)
    expect(new Set(names.filter((name) => !isAsked(name)))).toEqual(new Set(Object.values(WITHOUT_PANEL).flat()))
  })

  it.each(WITHOUT_PANEL['an alert tells of it'] ?? [])('is in an alert where that is the reason: %s', (name) => {
    expect(ALERTS.filter(({ expr }) => expr.includes(name)).length).toBeGreaterThan(0)
  })
})

describe('a dashboard is not shipped', () => {
  it.each([
    [
      'with a metric that nobody exports',
      withQuery(`rate(sip_dispatch_calls_total{${S}}[$__rate_interval])`),
      'no metric sip_dispatch_calls_total',
    ],
    [
      'with a label that the metric lacks',
      withQuery(`max(sip_dispatch_route_table_version{${S}, rule="x"})`),
      'has no label rule',
    ],
    [
      'with an outcome that does not exist',
      withQuery(`rate(sip_dispatch_invites_total{${S}, outcome="lost"}[$__rate_interval])`),
      'outcome is never lost',
    ],
    [
      'grouped by a label that does not exist',
      withQuery(`max by (rack) (sip_dispatch_route_table_version{${S}})`),
      'no label rack',
    ],
    [
      'with a query for every job',
      withQuery('max(sip_dispatch_route_table_version{instance=~"$instance"})'),
      'not selected by job',
    ],
    [
      'with a query for every instance',
      withQuery('max(sip_dispatch_route_table_version{job=~"$job"})'),
      'not selected by instance',
    ],
    ['with a counter as it is', withQuery(`max(sip_dispatch_invites_total{${S}})`), 'counter without rate'],
    ['with a rate over a fixed time', withQuery(`rate(sip_dispatch_invites_total{${S}}[5m])`), 'rate over 5m'],
    ['with a panel without a description', withPanel({ description: '' }), 'no title or description'],
    ['with a panel of no unit', withPanel({ fieldConfig: { defaults: {} } }), 'unit undefined'],
    ['with a panel of a fixed data source', withPanel({ datasource: { uid: 'prometheus' } }), 'another data source'],
    ['with a panel that asks nothing', withPanel({ targets: [] }), 'no query'],
    ['with a panel over another one', withPanel({ gridPos: { x: 4, y: 0, w: 4, h: 4 } }), 'lies over'],
    ['with a panel outside', withPanel({ gridPos: { x: 23, y: 90, w: 4, h: 4 } }), 'is outside'],
    ['with two panels of one id', withPanel({ id: 2 }), 'two ids alike'],
    ['that anybody changes', { ...SAMPLE, editable: true }, 'can be edited'],
    ['without variables', { ...SAMPLE, templating: { list: [] } }, 'no variable datasource'],
    ['of another model', { ...SAMPLE, schemaVersion: 41 }, 'classic model'],
    ['with a uid that is none', { ...SAMPLE, uid: 'sip dispatch' }, 'uid sip dispatch'],
  ] as const)('%s', (_, model, problem) => {
    expect(dashboardProblems(model)).toContainEqual(expect.stringContaining(problem))
  })
})

describe('the alerts', () => {
  it.each(ALERTS.map(({ name, expr }) => [name, expr] as const))('%s asks for what is exported', (_, expr) => {
    expect(undeclared(expr)).toEqual([])
    expect(expr).toMatch(/sip_dispatch_|leader_election_/)
  })
})

describeWith(['prometheus'], 'Prometheus', () => {
  it('can read every query of every dashboard', async () => {
    const queries = queriesOf({
      job: '.+',
      instance: '.+',
      operator: '.+',
      trunk: '.*',
      __rate_interval: '1m',
      __range: '1h',
    })
    expect(queries.length).toBeGreaterThan(30)
    const rules = queries.map(({ expr }, i) => ({ record: `panel:query:${i}`, expr }))
    const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-promtool-'))
    const file = join(folder, 'rules.yaml')
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }))
    const { code, output } = await runPromtool(['check', 'rules', '--lint=all', '--lint-fatal', file])
    rmSync(folder, { recursive: true })
    expect({ code, output }).toMatchObject({
      code: 0,
      output: expect.stringContaining(`${queries.length} rules found`),
    })
  })
})
