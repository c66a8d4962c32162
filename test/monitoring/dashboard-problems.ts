/** What is wrong with a dashboard: the rules of Grafana's dashboard-linter, and more that a text can tell. */
import {
  ATTEMPT_RESULTS,
  DROP_REASONS,
  EJECTION_REASONS,
  METRICS as INGRESS_METRICS,
  METHODS,
  NEAR_MISS_REASONS,
  NO_RULE_REASONS,
  OUTCOMES,
  OVER_LIMIT_REASONS,
  PROBE_RESULTS,
} from '../../ingress/metrics/metric-declarations.ts'
import { METRICS as OPERATOR_METRICS } from '../../operator/metrics/metric-declarations.ts'

export interface Target {
  readonly refId: string
  readonly expr: string
  readonly legendFormat: string
  readonly instant: boolean
  readonly datasource: { readonly uid: string }
}

export interface PanelModel {
  readonly id: number
  readonly title: string
  readonly description: string
  readonly type: string
  readonly datasource: { readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets: readonly Target[]
  readonly fieldConfig: {
    readonly defaults: { readonly unit?: string; readonly thresholds?: Thresholds; readonly links?: readonly Link[] }
    readonly overrides?: readonly {
      readonly matcher: { readonly options: string }
      readonly properties: readonly { readonly id: string; readonly value: unknown }[]
    }[]
  }
  readonly links?: readonly Link[]
  readonly options?: { readonly sortBy?: readonly { readonly displayName: string; readonly desc: boolean }[] }
  readonly transformations?: readonly {
    readonly id: string
    readonly options: {
      readonly excludeByName?: Readonly<Record<string, boolean>>
      readonly indexByName?: Readonly<Record<string, number>>
    }
  }[]
}

export interface Link {
  readonly title: string
  readonly url: string
}

interface Thresholds {
  readonly steps: readonly { readonly color: string; readonly value: number | null }[]
}

export interface DashboardModel {
  readonly uid: string
  readonly title: string
  readonly editable: boolean
  readonly schemaVersion: number
  readonly refresh: string
  readonly panels: readonly PanelModel[]
  readonly annotations: { readonly list: readonly { readonly expr: string }[] }
  readonly templating: { readonly list: readonly Variable[] }
}

export interface Variable {
  readonly name: string
  readonly label: string
  readonly type: string
  readonly multi?: boolean
  readonly allValue?: string
  readonly definition?: string
  readonly current?: { readonly value: readonly string[] }
  readonly refresh?: number
}

interface Declaration {
  readonly name: string
  readonly type: string
  readonly labels: readonly string[]
}

const DECLARED = new Map<string, Declaration>(
  [...Object.values(INGRESS_METRICS), ...Object.values(OPERATOR_METRICS)].map((metric) => [metric.name, metric]),
)

/** Labels that Prometheus adds. */
const TARGET_LABELS = ['job', 'instance', 'namespace']

/** Of what rules record for the alerts: its name has colons. */
const RECORDED_LABELS = ['installation', 'trunk', 'outcome']

const UNITS = ['cps', 'ops', 'pps', 'reqps', 'percentunit', 's', 'short']

/** Labels of a closed set; a status may be any number that SIP has. */
const CLOSED: Readonly<Record<string, readonly string[]>> = {
  outcome: Object.keys(OUTCOMES),
  method: Object.keys(METHODS),
  result: [ATTEMPT_RESULTS, PROBE_RESULTS].flatMap((results) => Object.keys(results)),
  reason: [DROP_REASONS, EJECTION_REASONS, NO_RULE_REASONS, NEAR_MISS_REASONS, OVER_LIMIT_REASONS].flatMap((reasons) =>
    Object.keys(reasons),
  ),
}

/** Not in a name of what rules record, which has colons. */
const METRIC_NAME = /(?<![\w:])(?:sip_dispatch|controller_runtime|leader_election|rest_client|workqueue|informer)_\w+/g

const SELECTOR = /([\w:]+)\{([^}]*)\}/g

/** The metric that a series belongs to: a histogram has three. */
function declarationOf(series: string): Declaration | undefined {
  const own = DECLARED.get(series)
  const histogram = DECLARED.get(series.replace(/_(bucket|sum|count)$/, ''))
  return own ?? (histogram?.type === 'histogram' ? histogram : undefined)
}

/** Series and labels of an expression that nothing declares. */
export function undeclared(expr: string): string[] {
  const names = expr.match(METRIC_NAME) ?? []
  const unknown = names.filter((name) => !declarationOf(name)).map((name) => `no metric ${name}`)
  const selectors = [...expr.matchAll(SELECTOR)].flatMap(([, name = '', matchers = '']) => {
    const own = name.includes(':') ? RECORDED_LABELS : (declarationOf(name)?.labels ?? [])
    const labels = [...own, ...TARGET_LABELS, 'le']
    return matchersOf(matchers).flatMap(({ label, value }) => [
      ...(labels.includes(label) ? [] : [`${name} has no label ${label}`]),
      ...unknownValues(label, value),
    ])
  })
  const grouped = [...expr.matchAll(/\b(?:by|on|without|group_left|group_right) \(([^)]*)\)/g)]
  const recorded = /\w:\w/.test(expr) ? RECORDED_LABELS : []
  const known = new Set([
    ...recorded,
    ...names.flatMap((name) => declarationOf(name)?.labels ?? []),
    ...TARGET_LABELS,
    'le',
  ])
  const labels = grouped.flatMap(([, list = '']) => list.split(/, */)).filter((label) => label !== '')
  return [...unknown, ...selectors, ...labels.filter((label) => !known.has(label)).map((label) => `no label ${label}`)]
}

function matchersOf(text: string): { label: string; value: string }[] {
  return [...text.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)].map(([, label = '', value = '']) => ({
    label,
    value,
  }))
}

function unknownValues(label: string, value: string): string[] {
  const known = CLOSED[label]
  if (!known || value.startsWith('$')) return []
  return value
    .split('|')
    .filter((one) => !known.includes(one))
    .map((one) => `${label} is never ${one}`)
}

/** The one way to ask an operator on a dashboard whose `job` and `instance` are those of ingresses. */
const BY_OPERATOR = 'instance=~"$operator"'

const isOfOperator = (name: string): boolean => Object.values(OPERATOR_METRICS).some((metric) => metric.name === name)

function unselected(name: string, selector: string): string[] {
  return ['job', 'instance']
    .filter((label) => !selector.includes(`${label}=~"$${label}"`))
    .map((label) => `${name} is not selected by ${label}`)
}

function expressionProblems(expr: string): string[] {
  const problems = undeclared(expr)
  const names = [...expr.matchAll(METRIC_NAME)]
  for (const { 0: name, index } of names) {
    const rest = expr.slice(index + name.length)
    const selector = /^\{([^}]*)\}/.exec(rest)?.[1] ?? ''
    problems.push(...(selector.includes(BY_OPERATOR) && isOfOperator(name) ? [] : unselected(name, selector)))
    const isCounter = declarationOf(name)?.type === 'counter' || /_(bucket|count|sum)$/.test(name)
    const before = expr.slice(0, index)
    if (isCounter && !/(rate|increase)\($/.test(before)) problems.push(`${name} is a counter without rate or increase`)
  }
  for (const [, range] of expr.matchAll(/rate\([^[]*\[([^\]]*)\]/g)) {
    if (range !== '$__rate_interval') problems.push(`rate over ${range}`)
  }
  return problems
}

/** A tile of one colour is green for whatever is wrong. */
function tileProblems({ type, fieldConfig }: PanelModel): string[] {
  const steps = fieldConfig.defaults.thresholds?.steps ?? []
  return type === 'stat' && steps.length < 2 ? ['no thresholds'] : []
}

/** An address of a page of runbooks, or of a dashboard of the same release. */
const LINK = /^(RUNBOOKS\/SipDispatch\w+\.md$|\/d\/sip-dispatch-(calls|rules|operator)\?\$\{__url_time_range\}&)/

function linkProblems({ type, links = [], fieldConfig, options }: PanelModel): string[] {
  const columns = (fieldConfig.overrides ?? []).flatMap(({ properties }) => properties)
  const inside = columns.filter(({ id }) => id === 'links').flatMap(({ value }) => value as Link[])
  const all = [...links, ...(fieldConfig.defaults.links ?? []), ...inside]
  const broken = all.filter(({ url }) => !LINK.test(url)).map(({ url }) => `link to ${url}`)
  return [...broken, ...(type === 'table' && !options?.sortBy ? ['not sorted'] : [])]
}

function panelProblems(panel: PanelModel): string[] {
  const { title, description, datasource, targets, fieldConfig } = panel
  const problems = [...tileProblems(panel), ...linkProblems(panel)]
  if (title === '' || description === '') problems.push('no title or description')
  const sources = [datasource, ...targets.map((target) => target.datasource)]
  if (!sources.every(({ uid }) => /^\$\{datasource\}$/.test(uid))) problems.push('another data source')
  if (!UNITS.includes(fieldConfig.defaults.unit ?? '')) problems.push(`unit ${fieldConfig.defaults.unit}`)
  if (targets.length === 0) problems.push('no query')
  problems.push(...targets.flatMap(({ expr }) => expressionProblems(expr)))
  return problems.map((problem) => `${title}: ${problem}`)
}

function overlaps(a: PanelModel['gridPos'], b: PanelModel['gridPos']): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

function layoutProblems(panels: readonly PanelModel[]): string[] {
  const ids = new Set(panels.map(({ id }) => id))
  const titles = new Set(panels.map(({ title }) => title))
  const over = panels.flatMap((panel, i) =>
    panels
      .slice(i + 1)
      .filter(({ gridPos }) => overlaps(panel.gridPos, gridPos))
      .map(({ title }) => `${panel.title} lies over ${title}`),
  )
  const wide = panels.filter(({ gridPos: { x, w } }) => x + w > 24).map(({ title }) => `${title} is outside`)
  return [
    ...(ids.size < panels.length ? ['two ids alike'] : []),
    ...(titles.size < panels.length ? ['two titles alike'] : []),
    ...over,
    ...wide,
  ]
}

const VARIABLES = [
  ['datasource', 'Data source'],
  ['installation', 'Installation'],
  ['job', 'Job'],
  ['instance', 'Instance'],
] as const

function variableProblems({ templating }: DashboardModel): string[] {
  const wanted = VARIABLES.filter(
    ([name, label]) => !templating.list.some((one) => one.name === name && one.label === label),
  ).map(([name]) => `no variable ${name}`)
  const queries = templating.list.filter(({ type }) => type === 'query')
  const slow = queries.filter(({ refresh }) => refresh !== 2).map(({ name }) => `${name} does not follow the time`)
  const single = queries.filter(({ multi }) => !multi)
  const readable = /^label_values\([a-z_]+(\{([a-z]+=~"\$[a-z]+"(, )?)+\})?, [a-z]+\)$/
  const unreadable = queries.filter(({ definition = '' }) => !readable.test(definition))
  // "All" must not go beyond what was chosen before; trunks may be thousands, and each query has the others beside them.
  const wide = queries.filter(
    ({ name, allValue }) => allValue !== undefined && !['installation', 'trunk'].includes(name),
  )
  return [
    ...wanted,
    ...slow,
    ...single.map(({ name }) => `${name} is not for several`),
    ...unreadable.map(({ name }) => `${name} is no query of Grafana`),
    ...wide.map(({ name }) => `${name} goes beyond what was chosen`),
  ]
}

/** One sentence for each; none: it may be shipped. */
export function dashboardProblems(model: DashboardModel): string[] {
  const { uid, editable, schemaVersion, refresh, panels, annotations } = model
  return [
    ...(/^[A-Za-z0-9_-]{1,40}$/.test(uid) ? [] : [`uid ${uid}`]),
    ...(editable ? ['it can be edited'] : []),
    ...(schemaVersion === 39 && typeof refresh === 'string' ? [] : ['it is not the classic model']),
    ...variableProblems(model),
    ...layoutProblems(panels),
    ...panels.flatMap(panelProblems),
    ...annotations.list.flatMap(({ expr }) => undeclared(expr)),
  ]
}
