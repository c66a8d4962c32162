/** A reader of Prometheus' text format (version 0.0.4), strict about the text that our pods may write. */
export interface ExposedMetric {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly samples: readonly Sample[]
}

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Throws at the first invalid line, and at a sample under the name of another metric. */
export function parseExposition(text: string): ExposedMetric[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no line feed')
  const blocks = text.trimEnd().split(/\n+(?=# HELP )/)
  return blocks.map((block) => parseMetric(block.split('\n')))
}

/** The value of one series; undefined where it is absent. All labels must be given. */
export function sampleValue(text: string, name: string, labels: Readonly<Record<string, string>>): number | undefined {
  const wanted = labelText(labels)
  const samples = parseExposition(text).flatMap((metric) => metric.samples)
  return samples.find((sample) => sample.name === name && labelText(sample.labels) === wanted)?.value
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return pairs.sort((a, b) => a.localeCompare(b)).join()
}

function parseMetric([helpLine = '', typeLine = '', ...samples]: readonly string[]): ExposedMetric {
  const [, name, help] = /^# HELP ([a-z_]+) (.+)$/.exec(helpLine) ?? []
  const [, typed, type] = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(typeLine) ?? []
  if (name === undefined || help === undefined || type === undefined || typed !== name) {
    throw new Error(`not the head of a metric: ${helpLine} / ${typeLine}`)
  }
  return { name, help, type, samples: samples.map((line) => parseSample(line, name)) }
}

function parseSample(line: string, metric: string): Sample {
  const [, name = '', labels = '', value = ''] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  if (![metric, `${metric}_bucket`, `${metric}_sum`, `${metric}_count`].includes(name)) {
    throw new Error(`not a sample of ${metric}: ${line}`)
  }
  if (!Number.isFinite(Number(value))) throw new Error(`not a number: ${line}`)
  return { name, labels: parseLabels(labels), value: Number(value) }
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  let rest = text
  while (rest !== '') {
    const [whole, name = '', value = ''] = /^([a-z_]+)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/.exec(rest) ?? []
    if (whole === undefined || name in labels) throw new Error(`not a label set: {${text}}`)
    labels[name] = value.replace(/\\(["\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
    rest = rest.slice(whole.length)
  }
  return labels
}
