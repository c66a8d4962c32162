/** Makes the rule file of Prometheus from the alerts. */
import { stringify } from 'yaml'
import { ALERTS, type Alert } from './alerts.ts'
import { dashboardUrl, INSTALLATION, runbookUrl } from './placeholders.ts'
import { LONGER_RECORDINGS, RECORDINGS, type Recording } from './recordings.ts'

/** The label that names the release of a rule: if one Prometheus scrapes two releases, each has its own rules. */
const OWNER = { installation: INSTALLATION }

/** Short enough for two evaluations within the five minutes that Prometheus looks back for a value. */
const LONGER_INTERVAL = '2m'

/** `SipDispatchDown` */
export function alertName({ name }: Pick<Alert, 'name'>): string {
  return `SipDispatch${name}`
}

function recordingRule({ record, expr }: Recording): object {
  return { record, expr, labels: OWNER }
}

function rule(alert: Alert): object {
  const { severity, expr, summary, description, dashboard } = alert
  return {
    alert: alertName(alert),
    expr,
    for: alert.for,
    labels: { severity, ...OWNER },
    annotations: {
      summary,
      description,
      runbook_url: runbookUrl(alertName(alert)),
      dashboard_url: dashboardUrl(dashboard),
    },
  }
}

/** The rule file as YAML, with `groups:` at the top. */
export function alertRulesText(): string {
  const groups = [
    { name: 'sip-dispatch', rules: [...RECORDINGS.map(recordingRule), ...ALERTS.map(rule)] },
    { name: 'sip-dispatch-counts', interval: LONGER_INTERVAL, rules: LONGER_RECORDINGS.map(recordingRule) },
  ]
  const text = stringify({ groups }, { lineWidth: 0, aliasDuplicateObjects: false })
  return `# Generated from monitoring/alerts.ts by \`node monitoring/generate.ts\`. Do not edit.\n${text}`
}
