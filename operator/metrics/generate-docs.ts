/**
 * Writes docs/operator-metrics.md from the declarations. With `--check` it only compares the file with them, and exits with 1 if
 * there is a difference.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { LABELS, METRICS, type OperatorMetricDeclaration } from './metric-declarations.ts'

const DOCUMENT = new URL('../../docs/operator-metrics.md', import.meta.url)

const INTRODUCTION = `# Metrics of an operator

\`/metrics\` on the address of \`--http\`, Prometheus text format. Only the operator that leads publishes and writes; the
others count what they do as standbys. Where controller-runtime or client-go has a name for a thing, it is used here.

This file is written by \`operator/metrics/generate-docs.ts\`.
`

/** The text of docs/operator-metrics.md. */
export function operatorMetricsDocument(): string {
  const metrics: readonly OperatorMetricDeclaration[] = Object.values(METRICS)
  return [INTRODUCTION, ...metrics.map(metricSection), labelSection()].join('\n')
}

function metricSection({ name, type, labels, help, buckets }: OperatorMetricDeclaration): string {
  const facts = [
    `- type: ${type}`,
    ...(labels.length > 0 ? [`- labels: ${labels.map((label) => `\`${label}\``).join(', ')}`] : []),
    ...(buckets ? [`- buckets, upper bounds in seconds: ${buckets.join(', ')}`] : []),
  ]
  return `## ${name}\n\n${help}\n\n${facts.join('\n')}\n`
}

function labelSection(): string {
  const rows = Object.entries(LABELS).map(([label, meaning]) => `- \`${label}\`: ${meaning}`)
  return `## Labels\n\n${rows.join('\n')}\n`
}

/** The same as in ingress/metrics/generate-docs.ts: neither room imports the other, and each of them writes a page of its own. */
function main(): void {
  const expected = operatorMetricsDocument()
  if (!process.argv.includes('--check')) {
    writeFileSync(DOCUMENT, expected)
    return
  }
  if (readFileSync(DOCUMENT, 'utf8') === expected) return
  process.stderr.write(
    'docs/operator-metrics.md is not what the declarations say: run operator/metrics/generate-docs.ts\n',
  )
  process.exitCode = 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main()
