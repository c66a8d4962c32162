/** Writes figures as the Markdown in docs/performance.md. */
import { cpus, release } from 'node:os'
import { type Figures, type Measurement, paceText } from './comparison.ts'
import { median } from './median.ts'
import { programVersion } from './server/program-version.ts'

const COLUMNS: readonly (readonly [string, (measurement: Measurement) => number, number])[] = [
  ['CPU µs per call', (m) => m.cpuMicrosecondsPerCall, 1],
  ['calls/s', (m) => m.callsPerSecond, 0],
  ['p50 ms', (m) => m.result.latency.p50, 2],
  ['p99 ms', (m) => m.result.latency.p99, 2],
  ['lost', (m) => m.result.lost, 0],
  ['sent again', (m) => m.result.resent, 0],
  ['answered twice', (m) => m.result.repeated, 0],
  ['unexpected', (m) => Object.values(m.result.unexpected).reduce((sum, count) => sum + count, 0), 0],
  ['memory MiB', (m) => m.memoryMebibytes, 0],
  ['generator busy %', (m) => m.result.busy * 100, 0],
]

/** Says which command was measured, on which machine, and when. */
export function machineLines(command: string): string {
  const model = cpus()[0]?.model ?? 'unknown processor'
  const kamailio = programVersion('kamailio', '-v') ?? 'not installed'
  return [
    `Command: \`${command}\`  `,
    `Date: ${new Date().toISOString().slice(0, 10)}  `,
    `Machine: ${cpus().length} cores, ${model}, Linux ${release()}, Node ${process.version}, Kamailio ${kamailio}`,
  ].join('\n')
}

/** A table for each pace: median of the rounds, and lowest and highest in brackets where they differ. */
export function figuresTables(figures: readonly Figures[]): string {
  const paces = [...new Set(figures.map(({ pace }) => pace))]
  return paces
    .map((pace) => {
      const rows = figures.filter((figure) => figure.pace === pace)
      const head = `| ${paceText(pace)} | ${COLUMNS.map(([title]) => title).join(' | ')} |`
      const lines = [head, `|${'---|'.repeat(COLUMNS.length + 1)}`, ...rows.map(rowText)]
      return `${lines.join('\n')}\n\n${ratioText(rows)}`
    })
    .join('\n\n')
}

function rowText({ name, rounds }: Figures): string {
  const cells = COLUMNS.map(([, value, digits]) => spanText(rounds.map(value), digits))
  return `| ${name} | ${cells.join(' | ')} |`
}

/** The median, and lowest and highest in brackets where they differ. */
export function spanText(values: readonly number[], digits: number): string {
  const text = (value: number) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  const [lowest, highest] = [text(Math.min(...values)), text(Math.max(...values))]
  const middle = text(median(values))
  return lowest === highest ? middle : `${middle} [${lowest}-${highest}]`
}

function ratioText([own, ...others]: readonly Figures[]): string {
  if (!own || others.length === 0) return 'Kamailio is not installed, so there is nothing to compare with.'
  const cpu = ({ rounds }: Figures) => median(rounds.map((round) => round.cpuMicrosecondsPerCall))
  const ratios = others.map((other) => `${(cpu(own) / cpu(other)).toFixed(2)} × ${other.name}`)
  return `CPU of ${own.name}: ${ratios.join(', ')}.`
}
