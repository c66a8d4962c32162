/** The dashboards as the chart ships them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHART } from '../support/helm.ts'
import type { DashboardModel } from './dashboard-problems.ts'
import { filled } from './grafana.ts'

const FOLDER = join(CHART, 'dashboards')

export const DASHBOARDS: readonly (readonly [name: string, text: string])[] = readdirSync(FOLDER).map((name) => [
  name,
  readFileSync(join(FOLDER, name), 'utf8'),
])

export interface DashboardQuery {
  /** `calls.json, Refused now, A` */
  readonly where: string
  readonly expr: string
}

/** Every query of every panel, with the variables replaced. */
export function queriesOf(variables: Readonly<Record<string, string>>): DashboardQuery[] {
  return DASHBOARDS.flatMap(([name, text]) => {
    const { panels, annotations }: DashboardModel = JSON.parse(text)
    const targets = panels.flatMap(({ title, targets }) =>
      targets.map(({ refId, expr }) => ({ where: `${name}, ${title}, ${refId}`, expr })),
    )
    const marks = annotations.list.map(({ expr }, i) => ({ where: `${name}, annotation ${i}`, expr }))
    return [...targets, ...marks].map(({ where, expr }) => ({ where, expr: filled(expr, variables) }))
  })
}
