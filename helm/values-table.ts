/** The table of the chart's values, made of the comments of values.yaml. */
import { isMap, isScalar, type Pair, parseDocument, type Scalar, stringify, type YAMLMap } from 'yaml'

interface ValueRow {
  /** `ingress.drain.settleSeconds` */
  readonly path: string
  readonly initial: string
  readonly text: string
}

const HEAD = `# Values of the chart

Generated from \`helm/sip-dispatch/values.yaml\` by \`node helm/generate.ts\`. Do not edit.

A value of another name, or of another type, is refused by \`helm install\` with its path.

| value | default | what it is for |
| ----- | ------- | -------------- |
`

/** The Markdown page. Throws for a value that no comment explains. */
export function valuesPage(valuesText: string): string {
  const { contents } = parseDocument(valuesText)
  if (!isMap(contents)) throw new Error('VALUES_TABLE: values.yaml holds no map')
  const rows = rowsOf(contents as YAMLMap<Scalar<string>>, '')
  return HEAD + rows.map(({ path, initial, text }) => `| \`${path}\` | ${initial} | ${text} |\n`).join('')
}

function rowsOf(map: YAMLMap<Scalar<string>>, prefix: string): ValueRow[] {
  return map.items.flatMap((pair, i) => {
    const path = prefix + pair.key.value
    // The parser gives a comment before the first value of a map to the map.
    const comment = pair.key.commentBefore ?? (i === 0 ? map.commentBefore : undefined)
    const text = explanation(comment)
    if (text !== undefined) return [{ path, initial: initialOf(pair), text }]
    if (isMap(pair.value)) return rowsOf(pair.value as YAMLMap<Scalar<string>>, `${path}.`)
    throw new Error(`VALUES_TABLE: ${path} has no comment that begins with "# --"`)
  })
}

/** What stands behind `--`, of however many lines. */
function explanation(comment: string | null | undefined): string | undefined {
  const [, text] = comment?.split(/^ -- /m) ?? []
  return text?.replaceAll(/\n */g, ' ').replaceAll('|', '\\|')
}

function initialOf({ value }: Pair<Scalar<string>>): string {
  const initial = isScalar(value) ? JSON.stringify(value.value) : flow(value)
  return `\`${initial}\``
}

function flow(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trim()
}
