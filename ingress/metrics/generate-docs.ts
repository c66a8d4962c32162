/**
 * Writes docs/metrics.md from the declarations of the metrics. With `--check`, it compares the file with the declarations
 * instead, and exits with 1 if they differ.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { LABELS, METRICS, type MetricDeclaration } from './metric-declarations.ts'

const DOCUMENT = new URL('../../docs/metrics.md', import.meta.url)

const INTRODUCTION = `# Metrics of an ingress

\`/metrics\` on the address of \`--http\`, Prometheus text format. Names of trunks, rules and backends come from the route
table, never from a packet. The series of a trunk are at 0 as soon as the table has it, and go when the trunk goes.

This file is written by \`ingress/metrics/generate-docs.ts\`.
`

/** The text of docs/metrics.md. */
export function metricsDocument(): string {
  const metrics: readonly MetricDeclaration[] = Object.values(METRICS)
  return [INTRODUCTION, metricTable(metrics), labelTable(), bucketTable(metrics)].join('\n')
}

function metricTable(metrics: readonly MetricDeclaration[]): string {
  const rows = metrics.map(({ name, type, labels, help }) => {
    return [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(', '), help]
  })
  return `## Metrics\n\n${table([['name', 'type', 'labels', 'meaning'], ...rows])}`
}

function labelTable(): string {
  const rows = Object.entries(LABELS).map(([label, meaning]) => [`\`${label}\``, meaning])
  return `## Labels\n\n${table([['label', 'meaning'], ...rows])}`
}

function bucketTable(metrics: readonly MetricDeclaration[]): string {
  const rows = metrics.flatMap(({ name, buckets }) => (buckets ? [[`\`${name}\``, buckets.join(', ')]] : []))
  return `## Buckets\n\n${table([['histogram', 'upper bounds, seconds'], ...rows])}`
}

/** A Markdown table with aligned columns, in the format of the repository. The first row contains the titles of the columns. */
function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |\n`
  const rule = widths.map((width) => '-'.repeat(width))
  return [head, rule, ...body].map(line).join('')
}

function main(): void {
  const expected = metricsDocument()
  if (!process.argv.includes('--check')) {
    writeFileSync(DOCUMENT, expected)
    return
  }
  if (readFileSync(DOCUMENT, 'utf8') === expected) return
  process.stderr.write('docs/metrics.md is not what the declarations say: run ingress/metrics/generate-docs.ts\n')
  process.exitCode = 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main()
