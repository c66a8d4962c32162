import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { alertName } from '../../monitoring/alert-rules.ts'
import { ALERTS } from '../../monitoring/alerts.ts'
import { LONGER_RECORDINGS, RECORDINGS } from '../../monitoring/recordings.ts'
import { CHART } from '../support/helm.ts'
import { runPromtool } from '../support/promtool.ts'
import { describeWith } from '../support/real-part.ts'
import { type AlertCase, ALERT_CASES as BUSY_CASES } from './alert-cases.ts'
import { EDGE_CASES } from './alert-edge-cases.ts'
import { undeclared } from './dashboard-problems.ts'

const ALERT_CASES = [...BUSY_CASES, ...EDGE_CASES]

const RULES = join(CHART, 'rules/sip-dispatch.yaml')
const RUNBOOKS = join(import.meta.dirname, '../../docs/runbooks')

const alertOf = (name: string, severity: string) => ALERTS.find((one) => one.name === name && one.severity === severity)

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly { readonly record?: string; readonly alert?: string }[] }[]
}

/** The file of the chart without other alerts: a week of them takes a minute. */
function rulesFor(name: string): string {
  const { groups }: RuleFile = parse(readFileSync(RULES, 'utf8'))
  const needed = groups.map(({ rules, ...group }) => ({
    ...group,
    rules: rules.filter(({ record, alert }) => record !== undefined || alert === alertName({ name })),
  }))
  return JSON.stringify({ groups: needed })
}

/** A case as a file of `promtool test rules`. */
function testFile({ name, interval = '1m', samples, at, firing }: AlertCase, rules: string): object {
  const expected = firing.map(({ severity, labels, summary, description }) => {
    const alert = alertOf(name, severity)
    return {
      exp_labels: { severity, installation: 'INSTALLATION', ...labels },
      exp_annotations: {
        ...{ summary, description, dashboard_url: `/d/sip-dispatch-${alert?.dashboard}` },
        runbook_url: `RUNBOOKS/${alertName({ name })}.md`,
      },
    }
  })
  const series = Object.entries(samples).map(([one, values]) => ({ series: one, values }))
  return {
    rule_files: [rules],
    evaluation_interval: interval,
    tests: [
      {
        ...{ interval, input_series: series },
        alert_rule_test: [{ eval_time: at, alertname: alertName({ name }), exp_alerts: expected }],
      },
    ],
  }
}

async function tested(one: AlertCase): Promise<{ code: number | null; output: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-alerts-'))
  const rules = join(folder, 'rules.yaml')
  writeFileSync(rules, rulesFor(one.name))
  const file = join(folder, 'test.yaml')
  writeFileSync(file, JSON.stringify(testFile(one, rules)))
  const result = await runPromtool(['test', 'rules', file])
  rmSync(folder, { recursive: true })
  return result
}

describeWith(['prometheus'], 'an alert', () => {
  it.each(ALERT_CASES.map((one) => [one.firing.length > 0 ? 'fires' : 'is silent', one.name, one.title, one] as const))(
    '%s: %s, %s',
    async (_, __, ___, one) => {
      expect(await tested(one)).toMatchObject({ code: 0, output: expect.stringContaining('SUCCESS') })
    },
  )

  it('that fires where none is expected fails its test', async () => {
    const [one] = ALERT_CASES.filter(({ firing }) => firing.length > 0)
    if (!one) throw new Error('no case fires')
    expect(await tested({ ...one, firing: [] })).toMatchObject({ code: 1, output: expect.stringContaining('FAILED') })
  })

  it('is read by Prometheus with all others', async () => {
    const { code, output } = await runPromtool(['check', 'rules', '--lint=all', '--lint-fatal', RULES])
    expect({ code, output }).toMatchObject({
      code: 0,
      output: expect.stringContaining(`${ALERTS.length + RECORDINGS.length + LONGER_RECORDINGS.length} rules found`),
    })
  })
})

describe('every alert', () => {
  it.each(ALERTS.map(({ name, severity }) => [name, severity] as const))(
    '%s (%s) has a case in which it fires and one in which it does not',
    (name, severity) => {
      const own = ALERT_CASES.filter((one) => one.name === name)
      const fires = own.map(({ firing }) => firing.some((one) => one.severity === severity))
      expect(fires).toEqual(expect.arrayContaining([true, false]))
    },
  )

  it('has a runbook, and no runbook is without an alert', () => {
    const names = [...new Set(ALERTS.map((alert) => `${alertName(alert)}.md`))]
    expect(readdirSync(RUNBOOKS).toSorted()).toEqual(names.toSorted())
  })

  it.each([...new Set(ALERTS.map(alertName))])(
    '%s: its runbook says what it means, how to look and what to do',
    (name) => {
      const text = readFileSync(join(RUNBOOKS, `${name}.md`), 'utf8')
      const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading)
      expect(headings).toEqual([name, 'What it means', 'How to look', 'What to do'])
      const queries = [...text.matchAll(/```promql\n([^`]*)```/g)].map(([, query = '']) => query)
      expect(queries.flatMap(undeclared)).toEqual([])
    },
  )
})
