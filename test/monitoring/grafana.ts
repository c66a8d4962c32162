/**
 * What Grafana does between a dashboard and Prometheus, as far as these dashboards need it: options of variables, how a choice
 * gets into a query, which requests a panel makes, and which colour a value has.
 */
import type { DashboardModel, PanelModel, Variable } from './dashboard-problems.ts'

export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly metric: Labels
  readonly value: number
}

/** The requests that Grafana makes, all for one moment and the hour before it. */
export interface Prometheus {
  /** `/api/v1/label/NAME/values` */
  labelValues(label: string, match: string): Promise<string[]>
  /** `/api/v1/query` */
  instant(expr: string): Promise<Sample[]>
  /** `/api/v1/query_range`, and the last value of each series. */
  range(expr: string): Promise<Sample[]>
}

/** What somebody has chosen, by variable; what is left out is as the dashboard comes. */
export type Choice = Readonly<Record<string, readonly string[]>>

/** A variable's value in queries. */
export type Values = Readonly<Record<string, string>>

const ALL = '$__all'

/** Resolves the variables from left to right: each query has the values of those before it. */
export async function resolved(prometheus: Prometheus, model: DashboardModel, choice: Choice): Promise<Values> {
  const values: Record<string, string> = { __rate_interval: '1m0s', __range: '3600s' }
  for (const variable of model.templating.list) {
    if (variable.type !== 'query') continue
    const options = await optionsOf(prometheus, filled(variable.definition ?? '', values))
    const wanted = choice[variable.name] ?? variable.current?.value ?? [ALL]
    const there = wanted.filter((one) => one === ALL || options.includes(one))
    values[variable.name] = chosenText(variable, there.length > 0 ? there : [ALL], options)
  }
  return values
}

/** Grafana takes a query for one of label values by this form alone. */
async function optionsOf(prometheus: Prometheus, definition: string): Promise<string[]> {
  const [, match, label] = /^label_values\((?:(.+),\s*)?([a-zA-Z_][a-zA-Z0-9_]*)\)\s*$/.exec(definition) ?? []
  if (match === undefined || label === undefined) throw new Error(`VARIABLE_QUERY: ${definition}`)
  return prometheus.labelValues(label, match)
}

function chosenText({ allValue }: Variable, chosen: readonly string[], options: readonly string[]): string {
  const all = chosen.includes(ALL)
  if (all && allValue !== undefined) return allValue
  const patterns = (all ? options : chosen).map(asPattern)
  return patterns.length === 1 ? (patterns[0] ?? '') : `(${patterns.join('|')})`
}

/** Escaped twice: for the regular expression, and for the string in which it stands. */
function asPattern(value: string): string {
  return value.replaceAll('\\', '\\\\\\\\').replaceAll(/[$^*{}[\]'+?.()|]/g, '\\\\$&')
}

export function filled(expr: string, values: Values): string {
  return expr.replaceAll(/\$(\w+)/g, (whole, name: string) => values[name] ?? whole)
}

export type Row = Readonly<Record<string, string | number>>

/** What a panel shows: for a table its rows as they stand, else a value for each legend. */
export async function shown(prometheus: Prometheus, panel: PanelModel, values: Values): Promise<Row[]> {
  const frames: Row[][] = []
  for (const { refId, expr, legendFormat, instant } of panel.targets) {
    const query = filled(expr, values)
    const samples = instant ? await prometheus.instant(query) : await prometheus.range(query)
    const column = panel.targets.length > 1 ? `Value #${refId}` : 'Value'
    const isTable = panel.type === 'table' || panel.type === 'barchart'
    frames.push(
      samples.map(({ metric, value }) =>
        isTable ? { ...metric, [column]: value } : { legend: legendOf(legendFormat, metric), value },
      ),
    )
  }
  const rows = frames.reduce<Row[]>(merged, [])
  return panel.type === 'table'
    ? inOrder(
        panel,
        rows.map((row) => named(panel, row)),
      )
    : rows
}

function legendOf(format: string, metric: Labels): string {
  return format.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => metric[name] ?? '')
}

/** Rows that agree in what both have become one; each of several that do takes what is added. */
function merged(rows: readonly Row[], frame: readonly Row[]): Row[] {
  const all = [...rows]
  for (const row of frame) {
    const agreeing = [...all.keys()].filter((i) => agree(all[i] ?? {}, row))
    for (const i of agreeing) all[i] = { ...all[i], ...row }
    if (agreeing.length === 0) all.push(row)
  }
  return all
}

function agree(row: Row, other: Row): boolean {
  const shared = Object.keys(row).filter((name) => other[name] !== undefined)
  return shared.length > 0 && shared.every((name) => row[name] === other[name])
}

/** Columns that are hidden are gone, and others have their names and places. */
function named({ fieldConfig, transformations = [] }: PanelModel, row: Row): Row {
  const { excludeByName, indexByName } = transformations.find(({ id }) => id === 'organize')?.options ?? {}
  const place = (name: string): number => indexByName?.[name] ?? Number.POSITIVE_INFINITY
  const kept = Object.entries(row).filter(([name]) => !excludeByName?.[name])
  const title = (name: string): string => {
    const own = fieldConfig.overrides?.find(({ matcher }) => matcher.options === name)
    const given = own?.properties.find(({ id }) => id === 'displayName')?.value
    return typeof given === 'string' ? given : name
  }
  return Object.fromEntries(
    kept.toSorted(([a], [b]) => place(a) - place(b)).map(([name, value]) => [title(name), value]),
  )
}

function inOrder({ options }: PanelModel, rows: Row[]): Row[] {
  const [by] = options?.sortBy ?? []
  if (!by) return rows
  const sign = by.desc ? -1 : 1
  const compared = (a: string | number = '', b: string | number = ''): number => (a < b ? -1 : a > b ? 1 : 0)
  return rows.toSorted((a, b) => sign * compared(a[by.displayName], b[by.displayName]))
}

/** The colour of a value by the thresholds of its panel. */
export function colorOf({ fieldConfig }: PanelModel, value: number): string | undefined {
  return fieldConfig.defaults.thresholds?.steps.filter((step) => step.value === null || value >= step.value).at(-1)
    ?.color
}
