/**
 * Writes docs/operator-metrics.md from the declarations of the metrics. With `--check` it writes nothing, and its exit code is
 * 1 if the file differs from the declarations.
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

/**
 * ingress/metrics/generate-docs.ts has the same function. `operator` and `ingress` must not import from each other, and each of
 * them writes its own page.
 */
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
