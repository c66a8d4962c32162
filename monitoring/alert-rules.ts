/** The rule file of Prometheus that the alerts make. */
import { stringify } from 'yaml'
import { ALERTS, type Alert } from './alerts.ts'

/** What stands for the folder of the runbooks; the chart puts the value of the release in its place. */
const RUNBOOK_FOLDER = 'RUNBOOKS'

/** `SipDispatchDown` */
export function alertName({ name }: Pick<Alert, 'name'>): string {
  return `SipDispatch${name}`
}

function rule(alert: Alert): object {
  const { severity, expr, summary, description, dashboard } = alert
  return {
    alert: alertName(alert),
    expr,
    for: alert.for,
    labels: { severity },
    annotations: {
      summary,
      description,
      runbook_url: `${RUNBOOK_FOLDER}/${alertName(alert)}.md`,
      dashboard_url: `/d/sip-dispatch-${dashboard}`,
    },
  }
}

/** YAML, `groups:` at the top. */
export function alertRulesText(): string {
  const groups = [{ name: 'sip-dispatch', rules: ALERTS.map(rule) }]
  return `# Generated from monitoring/alerts.ts by \`node monitoring/generate.ts\`. Do not edit.\n${stringify({ groups }, { lineWidth: 0 })}`
}
