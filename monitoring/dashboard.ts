/** Dashboards of Grafana in its classic model, from panels that say only what is their own. */

/** What Grafana 10 to 13 take from a file without a migration. */
const SCHEMA_VERSION = 39

/** Columns of a dashboard. */
const WIDTH = 24

// biome-ignore lint/suspicious/noTemplateCurlyInString: it is Grafana that fills it in.
const DATA_SOURCE = { type: 'prometheus', uid: '${datasource}' }

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
  /** From this value on it is yellow, and from that one red. */
  readonly limits?: readonly [yellow: number, red: number]
  /** Units of columns of a table that have another one than the first query's. */
  readonly columns?: Readonly<Record<string, Column>>
  /** Text for values, such as 0 and 1. */
  readonly texts?: Readonly<Record<string, string>>
}

export interface Column {
  readonly name: string
  readonly unit?: string
}

export interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly description: string
  /** Whether one can choose trunks. */
  readonly byTrunk: boolean
  /** A metric that every scraped process of it has: what `job` and `instance` are chosen from. */
  readonly presence: string
  readonly panels: readonly Panel[]
  readonly annotations: readonly { readonly name: string; readonly expr: string }[]
}

/** The JSON text that the chart ships. */
export function dashboardText(dashboard: Dashboard): string {
  const { uid, title, description, panels, annotations } = dashboard
  const model = {
    uid,
    title,
    description,
    tags: ['sip-dispatch'],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: false,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    timezone: 'browser',
    links: [link()],
    annotations: { list: annotations.map(annotation) },
    templating: { list: variables(dashboard) },
    panels: placed(panels),
  }
  return `${JSON.stringify(model, undefined, 1)}\n`
}

function link(): object {
  const shown = { title: 'sip-dispatch', type: 'dashboards', tags: ['sip-dispatch'], asDropdown: false }
  return {
    ...shown,
    includeVars: true,
    keepTime: true,
    icon: 'external link',
    targetBlank: false,
    tooltip: '',
    url: '',
  }
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

function variables({ presence, byTrunk }: Dashboard): object[] {
  const chosen = { type: 'query', datasource: DATA_SOURCE, refresh: 2, multi: true, includeAll: true, sort: 1 }
  const query = (name: string, label: string, text: string, allValue: string) => {
    const asked = `label_values(${text}, ${name})`
    return { ...chosen, name, label, allValue, definition: asked, query: { query: asked, refId: name } }
  }
  const trunk = query('trunk', 'Trunk', 'sip_dispatch_invites_total{job=~"$job", instance=~"$instance"}', '.*')
  return [
    { type: 'datasource', name: 'datasource', label: 'Data source', query: 'prometheus', hide: 0, refresh: 1 },
    query('job', 'Job', presence, '.+'),
    query('instance', 'Instance', `${presence}{job=~"$job"}`, '.+'),
    ...(byTrunk ? [trunk] : []),
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
  const { title, description, type, queries } = panel
  return {
    title,
    description,
    type,
    datasource: DATA_SOURCE,
    targets: queries.map((query, i) => target(query, panel, i)),
    fieldConfig: { defaults: fieldDefaults(panel), overrides: type === 'table' ? overrides(panel) : [] },
    options: options(panel),
    ...(type === 'table' ? { transformations: [{ id: 'merge', options: {} }] } : {}),
  }
}

/** What is one value or a table asks for this moment; what has a time axis for all of it. */
function target({ expr, legend = '' }: Query, { type }: Panel, index: number): object {
  const instant = type === 'table' || type === 'stat' || type === 'barchart'
  const format = type === 'table' || type === 'barchart' ? 'table' : type === 'heatmap' ? 'heatmap' : 'time_series'
  const refId = String.fromCharCode('A'.charCodeAt(0) + index)
  return { refId, expr, legendFormat: legend, datasource: DATA_SOURCE, instant, range: !instant, format }
}

function fieldDefaults({ type, unit, limits, texts }: Panel): object {
  const [yellow, red] = limits ?? []
  const steps = [
    { color: 'green', value: null },
    ...(yellow === undefined ? [] : [{ color: 'yellow', value: yellow }]),
    ...(red === undefined ? [] : [{ color: 'red', value: red }]),
  ]
  const mapped = texts && { mappings: [{ type: 'value', options: valueTexts(texts) }] }
  const drawn = type === 'timeseries' ? { custom: { fillOpacity: 10, showPoints: 'never' } } : {}
  return { unit, min: 0, thresholds: { mode: 'absolute', steps }, ...mapped, ...drawn }
}

function valueTexts(texts: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(texts).map(([value, text], index) => [value, { text, index }]))
}

function overrides({ columns = {} }: Panel): object[] {
  return Object.entries(columns).map(([field, { name, unit }]) => ({
    matcher: { id: 'byName', options: field },
    properties: [{ id: 'displayName', value: name }, ...(unit === undefined ? [] : [{ id: 'unit', value: unit }])],
  }))
}

function options({ type }: Panel): object {
  if (type === 'stat')
    return { colorMode: 'background', reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false } }
  if (type === 'timeseries')
    return { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } }
  if (type === 'heatmap')
    return { calculate: false, yAxis: { unit: 's' }, color: { mode: 'scheme', scheme: 'Oranges' } }
  return {}
}
