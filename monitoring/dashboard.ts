/** Dashboards of Grafana in its classic model, from panels that say only what is their own. */

import { type DashboardName, dashboardUid, dashboardUrl, INSTALLATION, runbookUrl } from './placeholders.ts'

/** What Grafana 10 to 13 take from a file without a migration. */
const SCHEMA_VERSION = 39

/** Columns of a dashboard. */
const WIDTH = 24

// biome-ignore lint/suspicious/noTemplateCurlyInString: it is Grafana that fills it in.
const DATA_SOURCE = { type: 'prometheus', uid: '${datasource}' }

const DASHBOARD_NAMES = ['calls', 'rules', 'operator'] as const satisfies readonly DashboardName[]

const TITLES: Readonly<Record<DashboardName, string>> = { calls: 'Calls', rules: 'Rules', operator: 'Operator' }

/** What Grafana puts into an address: the time that is shown, and all that is chosen. */
const GRAFANA = { time: '$\u007B__url_time_range}', chosen: '$\u007B__all_variables}' } as const

export interface Query {
  readonly expr: string
  /** Of a series: `{{trunk}}`. */
  readonly legend?: string
}

export interface Panel {
  readonly title: string
  /** What it shows and how to read it. */
  readonly description: string
  readonly type: 'stat' | 'timeseries' | 'table' | 'heatmap' | 'state-timeline' | 'barchart'
  /** A unit that Grafana knows: `percentunit`, `s`, `cps`. */
  readonly unit: string
  /** Columns and rows. */
  readonly size: readonly [width: number, height: number]
  readonly queries: readonly [Query, ...Query[]]
  /** The colour of what lies below every value that follows, and from which value on it is another. Each stat has some. */
  readonly colors?: readonly [lowest: Color, ...(readonly [from: number, Color])[]]
  /** What a tile says where there is no value. */
  readonly empty?: string
  /** Columns of a table, from left to right, by the names that Grafana gives them. Others are not shown. */
  readonly columns?: Readonly<Record<string, Column>>
  /** A table's rows, by the name of a column. */
  readonly sorted?: { readonly by: string; readonly descending: boolean }
  /** Where to go on from here. */
  readonly links?: readonly PanelLink[]
  /** Whether a click on a series leads to the calls of its trunk. */
  readonly toTrunk?: boolean
  /** Text for values, such as 0 and 1. */
  readonly texts?: Readonly<Record<string, string>>
}

export type Color = 'green' | 'yellow' | 'red'

export interface Column {
  readonly name: string
  readonly unit?: string
  /** Whether a click leads to the calls of the trunk in it. */
  readonly toTrunk?: boolean
}

/** The runbook of an alert, or another dashboard with what is chosen here. */
export type PanelLink = { readonly alert: string } | { readonly dashboard: DashboardName }

export interface Dashboard {
  readonly name: DashboardName
  readonly description: string
  /** Whether one can choose trunks. */
  readonly byTrunk: boolean
  /** A metric that every scraped process of it has, with its installation: what `job` and `instance` are chosen from. */
  readonly presence: string
  /** Whether it asks the operators of what is chosen as well: `job` and `instance` are those of ingresses then. */
  readonly withOperators: boolean
  readonly panels: readonly Panel[]
  readonly annotations: readonly { readonly name: string; readonly expr: string }[]
}

/** The JSON text that the chart ships. */
export function dashboardText(dashboard: Dashboard): string {
  const { name, description, panels, annotations } = dashboard
  const model = {
    uid: dashboardUid(name),
    title: `sip-dispatch / ${TITLES[name]} (${INSTALLATION})`,
    description,
    tags: ['sip-dispatch'],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: false,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    timezone: 'browser',
    links: dashboardLinks(name),
    annotations: { list: annotations.map(annotation) },
    templating: { list: variables(dashboard) },
    panels: placed(panels),
  }
  return `${JSON.stringify(model, undefined, 1)}\n`
}

/** Of this installation, and with what is chosen and the time carried over: a link by tag would list those of all releases. */
function dashboardLinks(own: DashboardName): object[] {
  const others = DASHBOARD_NAMES.filter((name) => name !== own)
  const kept = { type: 'link', icon: 'dashboard', includeVars: true, keepTime: true, targetBlank: false, tags: [] }
  return others.map((name) => ({ ...kept, title: TITLES[name], url: dashboardUrl(name), tooltip: '' }))
}

function panelLink(link: PanelLink): object {
  if ('alert' in link) return { title: `Runbook: ${link.alert}`, url: runbookUrl(link.alert), targetBlank: true }
  const url = `${dashboardUrl(link.dashboard)}?${GRAFANA.time}&${GRAFANA.chosen}`
  return { title: `Dashboard: ${TITLES[link.dashboard]}`, url, targetBlank: false }
}

/** The calls of the trunk that was clicked on, with what else is chosen. */
function trunkLink(trunk: string): object {
  const chosen = ['datasource', 'installation', 'job', 'instance'].map((name) => `$\{${name}:queryparam}`)
  const url = `${dashboardUrl('calls')}?${[GRAFANA.time, ...chosen, `var-trunk=$\{${trunk}}`].join('&')}`
  return { title: 'Calls of this trunk', url, targetBlank: false }
}

function annotation({ name, expr }: Dashboard['annotations'][number]): object {
  return {
    name,
    expr,
    datasource: DATA_SOURCE,
    enable: true,
    hide: false,
    iconColor: 'blue',
    step: '1m',
    titleFormat: name,
  }
}

/**
 * `job` and `instance` have no value for "all": then they are all of what was chosen before them, which a pattern for every
 * series would not be.
 */
function variables({ presence, byTrunk, withOperators }: Dashboard): object[] {
  const asked = { type: 'query', datasource: DATA_SOURCE, refresh: 2, multi: true, includeAll: true, sort: 1 }
  const query = (name: string, label: string, values: string) => {
    return { ...asked, name, label, definition: values, query: { query: values, refId: name } }
  }
  const own = 'installation=~"$installation"'
  const current = { text: [INSTALLATION], value: [INSTALLATION] }
  const owners = `label_values(${presence}{${own}, job=~"$job", instance=~"$instance"}, installation)`
  const operators = 'label_values(sip_dispatch_operator_build_info{installation=~"$owner"}, instance)'
  const hidden = [query('owner', 'Owner', owners), query('operator', 'Operator', operators)]
  const trunks = 'label_values(sip_dispatch_invites_total{job=~"$job", instance=~"$instance"}, trunk)'
  return [
    { type: 'datasource', name: 'datasource', label: 'Data source', query: 'prometheus', hide: 0, refresh: 1 },
    { ...query('installation', 'Installation', `label_values(${presence}, installation)`), allValue: '.*', current },
    query('job', 'Job', `label_values(${presence}{${own}}, job)`),
    query('instance', 'Instance', `label_values(${presence}{${own}, job=~"$job"}, instance)`),
    ...(withOperators ? hidden.map((one) => ({ ...one, hide: 2 })) : []),
    ...(byTrunk ? [{ ...query('trunk', 'Trunk', trunks), allValue: '.*' }] : []),
  ]
}

/** From left to right, in rows as high as their first panel. */
function placed(panels: readonly Panel[]): object[] {
  let x = 0
  let y = 0
  let rowHeight = 0
  return panels.map((panel, i) => {
    const [w, h] = panel.size
    if (x + w > WIDTH) {
      y += rowHeight
      x = 0
    }
    if (x === 0) rowHeight = h
    const gridPos = { x, y, w, h }
    x += w
    return { id: i + 1, gridPos, ...panelModel(panel) }
  })
}

function panelModel(panel: Panel): object {
  const { title, description, type, queries, links = [] } = panel
  return {
    title,
    description,
    type,
    datasource: DATA_SOURCE,
    links: links.map(panelLink),
    targets: queries.map((query, i) => target(query, panel, i)),
    fieldConfig: { defaults: fieldDefaults(panel), overrides: overrides(panel) },
    options: options(panel),
    ...(type === 'table' ? { transformations: transformations(panel) } : {}),
  }
}

/** One row for each set of labels, and only the columns that are meant. */
function transformations({ columns = {}, queries }: Panel): object[] {
  const indexByName = Object.fromEntries(Object.keys(columns).map((name, i) => [name, i]))
  const hidden = ['Time', 'Value'].filter((name) => !(name in columns))
  const excludeByName = Object.fromEntries(hidden.map((name) => [name, true]))
  const organize = { id: 'organize', options: { excludeByName, indexByName, renameByName: {} } }
  return queries.length > 1 ? [{ id: 'merge', options: {} }, organize] : [organize]
}

/** What is one value or a table asks for this moment; what has a time axis for all of it. */
function target({ expr, legend = '' }: Query, { type }: Panel, index: number): object {
  const instant = type === 'table' || type === 'stat' || type === 'barchart'
  const format = type === 'table' || type === 'barchart' ? 'table' : type === 'heatmap' ? 'heatmap' : 'time_series'
  const refId = String.fromCharCode('A'.charCodeAt(0) + index)
  return { refId, expr, legendFormat: legend, datasource: DATA_SOURCE, instant, range: !instant, format }
}

function fieldDefaults({ type, unit, colors = ['green'], empty, texts, toTrunk }: Panel): object {
  const [lowest, ...others] = colors
  const steps = [{ color: lowest, value: null }, ...others.map(([value, color]) => ({ color, value }))]
  return {
    ...{ unit, min: 0, thresholds: { mode: 'absolute', steps } },
    ...(texts ? { mappings: [{ type: 'value', options: valueTexts(texts) }] } : {}),
    ...(empty === undefined ? {} : { noValue: empty }),
    ...(type === 'timeseries' ? { custom: { fillOpacity: 10, showPoints: 'never' } } : {}),
    ...(type === 'state-timeline' ? { color: { mode: 'thresholds' } } : {}),
    ...(toTrunk ? { links: [trunkLink('__field.labels.trunk')] } : {}),
  }
}

function valueTexts(texts: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(texts).map(([value, text], index) => [value, { text, index }]))
}

function overrides({ columns = {} }: Panel): object[] {
  return Object.entries(columns).map(([field, { name, unit, toTrunk }]) => ({
    matcher: { id: 'byName', options: field },
    properties: [
      { id: 'displayName', value: name },
      ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
      ...(toTrunk ? [{ id: 'links', value: [trunkLink('__value.raw')] }] : []),
    ],
  }))
}

function options({ type, sorted }: Panel): object {
  if (type === 'table' && sorted) return { sortBy: [{ displayName: sorted.by, desc: sorted.descending }] }
  if (type === 'stat')
    return { colorMode: 'background', reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false } }
  if (type === 'timeseries')
    return { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } }
  if (type === 'heatmap')
    return { calculate: false, yAxis: { unit: 's' }, color: { mode: 'scheme', scheme: 'Oranges' } }
  return {}
}
