/**
 * Words in the generated files that the chart replaces by values of the release. Each word is defined once here, and
 * replaced in the chart's template `sip-dispatch.monitoring`.
 */

/** The installation: `NAMESPACE/NAME`, the value of `--installation`. */
export const INSTALLATION = 'INSTALLATION'

/** The folder of the runbooks. */
const RUNBOOK_FOLDER = 'RUNBOOKS'

/**
 * Names of the dashboards. With the prefix `sip-dispatch-` each is a uid, to which the chart adds a part for the release.
 */
export type DashboardName = 'calls' | 'rules' | 'operator'

/** The URL of an alert's runbook. */
export function runbookUrl(alert: string): string {
  return `${RUNBOOK_FOLDER}/${alert}.md`
}

export function dashboardUid(name: DashboardName): string {
  return `sip-dispatch-${name}`
}

/** The path of a dashboard in Grafana. */
export function dashboardUrl(name: DashboardName): string {
  return `/d/${dashboardUid(name)}`
}
