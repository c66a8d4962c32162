/** The tables of the overload benchmark, as Markdown. */
import type { LoadPoint } from './load-point.ts'

/** The measurements of a server, in the order of the factors. */
export interface ServerCurve {
  readonly name: string
  /** Calls per second. */
  readonly capacity: number
  readonly points: readonly LoadPoint[]
}

type Column = readonly [title: string, value: (point: LoadPoint, curve: ServerCurve) => string]

const COLUMNS: readonly Column[] = [
  ['wanted ×', ({ wanted }, { capacity }) => number(wanted.callsPerSecond / capacity, 1)],
  ['offered ×', (point, { capacity }) => number(offered(point) / capacity, 2)],
  ['goodput ×', (point, { capacity }) => number(goodput(point) / capacity, 2)],
  ['of its peak %', (point, { points }) => number((goodput(point) / Math.max(...points.map(goodput))) * 100, 0)],
  ['offered/s', (point) => number(offered(point), 0)],
  ['goodput/s', (point) => number(goodput(point), 0)],
  ['in time/s', ({ result }) => number(result.wellInTime / result.seconds, 0)],
  ['shed/s', ({ result }) => number(result.shed / result.seconds, 0)],
  ['late', ({ result }) => number(result.late, 0)],
  ['lost', ({ result }) => number(result.lost, 0)],
  ['not hung up', ({ result }) => number(result.hanging, 0)],
  ['unexpected', ({ result }) => unexpectedText(result.unexpected)],
  ['sent again', ({ result }) => number(result.resent, 0)],
  ['200 again', ({ result }) => number(result.answeredAgain, 0)],
  ['p50 ms', ({ result }) => number(result.latency.p50, 1)],
  ['p99 ms', ({ result }) => number(result.latency.p99, 1)],
  ['core used %', ({ cpuShare }) => number(cpuShare * 100, 1)],
  ['dropped', ({ drops }) => number(drops, 0)],
  ['generator late ms', ({ result }) => number(result.behind, 0)],
  ['generator dropped', ({ result }) => number(result.ownDrops, 0)],
]

const STRANGER_COLUMNS: readonly Column[] = [
  ['strangers/s', ({ result }) => number(result.strangers / result.seconds, 0)],
  ['bytes to strangers', ({ result }) => number(result.strangerBytes, 0)],
  ['known calls/s', (point) => number(offered(point), 0)],
  ['ended well/s', (point) => number(goodput(point), 0)],
  ['lost', ({ result }) => number(result.lost, 0)],
  ['shed', ({ result }) => number(result.shed, 0)],
  ['sent again', ({ result }) => number(result.resent, 0)],
  ['p50 ms', ({ result }) => number(result.latency.p50, 2)],
  ['p99 ms', ({ result }) => number(result.latency.p99, 2)],
  ['max ms', ({ result }) => number(result.latency.max, 2)],
  ['core used %', ({ cpuShare }) => number(cpuShare * 100, 1)],
  ['dropped', ({ drops }) => number(drops, 0)],
  ['generator late ms', ({ result }) => number(result.behind, 0)],
  ['generator dropped', ({ result }) => number(result.ownDrops, 0)],
]

/** Calls per second that were really begun. */
export function offered({ result }: LoadPoint): number {
  return result.started / result.seconds
}

/** Calls per second that ended well, in time or late. */
export function goodput({ result }: LoadPoint): number {
  return result.well / result.seconds
}

/** A row for each server and factor. */
export function overloadTable(title: string, curves: readonly ServerCurve[]): string {
  const capacities = curves.map(({ name, capacity }) => `${name} ${number(capacity, 0)} calls/s`)
  return `Capacity (${title}): ${capacities.join(', ')}.\n\n${table(title, COLUMNS, curves)}`
}

/** A row for each server. */
export function strangersTable(title: string, curves: readonly ServerCurve[]): string {
  return table(title, STRANGER_COLUMNS, curves)
}

function table(title: string, columns: readonly Column[], curves: readonly ServerCurve[]): string {
  const rows = curves.flatMap((curve) =>
    curve.points.map((point) => `| ${curve.name} | ${columns.map(([, value]) => value(point, curve)).join(' | ')} |`),
  )
  const head = `| ${title} | ${columns.map(([column]) => column).join(' | ')} |`
  return [head, `|${'---|'.repeat(columns.length + 1)}`, ...rows].join('\n')
}

function unexpectedText(unexpected: Readonly<Record<string, number>>): string {
  const counts = Object.entries(unexpected).map(([status, count]) => `${number(count, 0)} × ${status}`)
  return counts.length === 0 ? '0' : counts.join(', ')
}

function number(value: number, digits: number): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
