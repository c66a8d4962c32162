/**
 * Writes the files of the chart that are copied or generated from other parts of the repository, and the table of its
 * values: `node helm/generate.ts`. With `--check` nothing is written, and the exit code is 1 if a file differs.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { chartValues } from './values-schema.ts'
import { defaultsByPath, valuesPage } from './values-table.ts'

const ROOT = join(import.meta.dirname, '..')
const CHART = 'helm/sip-dispatch'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** The JSON schema of the values, in draft 7: every version of Helm that can install the chart understands it. */
function schemaText(): string {
  const schema = z.toJSONSchema(chartValues, {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema, path }) => {
      // No value is required, because an upgrade with --reuse-values lacks the values that are new in the chart.
      if (!path.includes('items')) delete jsonSchema.required
    },
  })
  return `${JSON.stringify(schema, undefined, 2)}\n`
}

const definitions = readdirSync(join(ROOT, 'crds')).filter((name) => name.endsWith('.yaml'))

const FILES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(definitions.map((name) => [`${CHART}/files/crds/${name}`, read(`crds/${name}`)])),
  [`${CHART}/files/rbac.yaml`]: read('operator/rbac.yaml'),
  [`${CHART}/files/defaults.yaml`]: defaultsByPath(read(`${CHART}/values.yaml`)),
  [`${CHART}/values.schema.json`]: schemaText(),
  'docs/chart-values.md': valuesPage(read(`${CHART}/values.yaml`)),
}

for (const [path, text] of Object.entries(FILES)) {
  if (!process.argv.includes('--check')) {
    writeFileSync(join(ROOT, path), text)
  } else if (!existsSync(join(ROOT, path)) || read(path) !== text) {
    process.stderr.write(`${path} is not what helm/generate.ts writes: run npm run generate\n`)
    process.exitCode = 1
  }
}
