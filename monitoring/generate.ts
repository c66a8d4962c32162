/**
 * Writes the dashboards and the alerts of the chart: `node monitoring/generate.ts`. With `--check` nothing is written,
 * and the exit code is 1 if a file differs.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { alertRulesText } from './alert-rules.ts'
import { CALLS } from './calls-dashboard.ts'
import { dashboardText } from './dashboard.ts'
import { OPERATOR } from './operator-dashboard.ts'
import { RULES } from './rules-dashboard.ts'

const CHART = join(import.meta.dirname, '../helm/sip-dispatch')

const FILES: Readonly<Record<string, string>> = {
  'dashboards/calls.json': dashboardText(CALLS),
  'dashboards/rules.json': dashboardText(RULES),
  'dashboards/operator.json': dashboardText(OPERATOR),
  'rules/sip-dispatch.yaml': alertRulesText(),
}

for (const [name, text] of Object.entries(FILES)) {
  const path = join(CHART, name)
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  } else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
    process.stderr.write(`helm/sip-dispatch/${name} is not what monitoring/ says: run npm run generate\n`)
    process.exitCode = 1
  }
}
