/** Reads values.yaml, and makes of it a table for people and a list of defaults by path for the templates. */
import { isMap, isScalar, type Pair, parseDocument, type Scalar, stringify, type YAMLMap } from 'yaml'

interface ValueRow {
  /** `ingress.drain.settleSeconds` */
  readonly path: string
  readonly value: Pair<Scalar<string>>
  readonly text: string
}

const HEAD = `# Values of the chart

Generated from \`helm/sip-dispatch/values.yaml\` by \`node helm/generate.ts\`. Do not edit.

A value of another name, or of another type, is refused by \`helm install\` with its path.

| value | default | what it is for |
| ----- | ------- | -------------- |
`

/** The Markdown page. Throws for a value without an explaining comment. */
export function valuesPage(valuesText: string): string {
  const rows = valueRows(valuesText)
  return HEAD + rows.map(({ path, value, text }) => `| \`${path}\` | \`${initialOf(value)}\` | ${text} |\n`).join('')
}

/**
 * Every value by its path, as YAML. `helm upgrade --reuse-values` leaves out values that were added to the chart after the
 * release was made; the templates take those from here.
 */
export function defaultsByPath(valuesText: string): string {
  const lines = valueRows(valuesText).map(({ path, value }) => `${path}: ${initialOf(value)}\n`)
  return `# Generated from values.yaml by helm/generate.ts.\n${lines.join('')}`
}

function valueRows(valuesText: string): ValueRow[] {
  const { contents } = parseDocument(valuesText)
  if (!isMap(contents)) throw new Error('VALUES_TABLE: values.yaml holds no map')
  return rowsOf(contents as YAMLMap<Scalar<string>>, '')
}

function rowsOf(map: YAMLMap<Scalar<string>>, prefix: string): ValueRow[] {
  return map.items.flatMap((pair, i) => {
    const path = prefix + pair.key.value
    // The parser attaches a comment before the first value of a map to the map itself.
    const comment = pair.key.commentBefore ?? (i === 0 ? map.commentBefore : undefined)
    const text = explanation(comment)
    if (text !== undefined) return [{ path, value: pair, text }]
    if (isMap(pair.value)) return rowsOf(pair.value as YAMLMap<Scalar<string>>, `${path}.`)
    throw new Error(`VALUES_TABLE: ${path} has no comment that begins with "# --"`)
  })
}

/** The text behind `--` in a comment, which may have several lines. */
function explanation(comment: string | null | undefined): string | undefined {
  const [, text] = comment?.split(/^ -- /m) ?? []
  return text?.replaceAll(/\n */g, ' ').replaceAll('|', '\\|')
}

function initialOf({ value }: Pair<Scalar<string>>): string {
  return isScalar(value) ? JSON.stringify(value.value) : flow(value)
}

function flow(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trim()
}
