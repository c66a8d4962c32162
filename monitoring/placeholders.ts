/**
 * Words in the generated files that the chart replaces by what is so in a release. Each stands in one place, here and in
 * the chart's `sip-dispatch.monitoring`.
 */

/** The installation: `NAMESPACE/NAME`, as `--installation` says it. */
export const INSTALLATION = 'INSTALLATION'

/** The folder of the runbooks. */
const RUNBOOK_FOLDER = 'RUNBOOKS'

/** Names of the dashboards. With `sip-dispatch-` before it each is a uid, to which the chart adds that of the release. */
export type DashboardName = 'calls' | 'rules' | 'operator'

/** Where the page of an alert is. */
export function runbookUrl(alert: string): string {
  return `${RUNBOOK_FOLDER}/${alert}.md`
}

export function dashboardUid(name: DashboardName): string {
  return `sip-dispatch-${name}`
}

/** A path of Grafana. */
export function dashboardUrl(name: DashboardName): string {
  return `/d/${dashboardUid(name)}`
}
