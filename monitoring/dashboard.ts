/** Makes dashboards in Grafana's classic model. A panel states only the settings in which it differs from others. */

import { type DashboardName, dashboardUid, dashboardUrl, INSTALLATION, runbookUrl } from './placeholders.ts'

/** The schema version that Grafana 10 to 13 read from a file without a migration. */
const SCHEMA_VERSION = 39

/** Columns of a dashboard. */
const WIDTH = 24

// biome-ignore lint/suspicious/noTemplateCurlyInString: it is Grafana that fills it in.
const DATA_SOURCE = { type: 'prometheus', uid: '${datasource}' }

const DASHBOARD_NAMES = ['calls', 'rules', 'operator'] as const satisfies readonly DashboardName[]

const TITLES: Readonly<Record<DashboardName, string>> = { calls: 'Calls', rules: 'Rules', operator: 'Operator' }

/** Variables that Grafana replaces in an address: the shown time range, and the values of all variables. */
const GRAFANA = { time: '$\u007B__url_time_range}', chosen: '$\u007B__all_variables}' } as const

export interface Query {
  readonly expr: string
  /** The name of a series in the legend: `{{trunk}}`. */
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
  /**
   * The colour of the lowest values, then each higher colour with the value from which it applies. Each stat needs colours.
   */
  readonly colors?: readonly [lowest: Color, ...(readonly [from: number, Color])[]]
  /** The text of a tile without a value. */
  readonly empty?: string
  /** Columns of a table, from left to right, by the names that Grafana gives them. Others are not shown. */
  readonly columns?: Readonly<Record<string, Column>>
  /** The order of a table's rows: by the column with this name. */
  readonly sorted?: { readonly by: string; readonly descending: boolean }
  /** Links to further information. */
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

/** A link to the runbook of an alert, or to another dashboard with the same selection. */
export type PanelLink = { readonly alert: string } | { readonly dashboard: DashboardName }

export interface Dashboard {
  readonly name: DashboardName
  readonly description: string
  /** Whether the dashboard has a variable for trunks. */
  readonly byTrunk: boolean
  /** A metric of every scraped process, with its installation. The values of `job` and `instance` come from it. */
  readonly presence: string
  /**
   * Whether the dashboard also queries the operators of the selected installation. `job` and `instance` are then those of
   * ingresses.
   */
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

/**
 * Links to the other dashboards of this installation, with the same selection and time. A link by tag would list the
 * dashboards of all releases.
 */
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

/** A link to the calls of the clicked trunk, with the rest of the selection. */
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
 * `job` and `instance` have no pattern for "all". Without it, "all" means every value that matches the variables before
 * them; a pattern would match every series.
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

/** Places panels from left to right. Each row is as high as its first panel. */
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

/** Gives a table one row for each set of labels, and only the columns of the panel. */
function transformations({ columns = {}, queries }: Panel): object[] {
  const indexByName = Object.fromEntries(Object.keys(columns).map((name, i) => [name, i]))
  const hidden = ['Time', 'Value'].filter((name) => !(name in columns))
  const excludeByName = Object.fromEntries(hidden.map((name) => [name, true]))
  const organize = { id: 'organize', options: { excludeByName, indexByName, renameByName: {} } }
  return queries.length > 1 ? [{ id: 'merge', options: {} }, organize] : [organize]
}

/** The query of a panel. Single values and tables query one moment; panels with a time axis query the whole range. */
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
