/** The sets of values that the chart is tested with. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { CHART, runHelm } from '../support/helm.ts'

const FOLDER = join(import.meta.dirname, 'values')

export const VALUE_SETS: readonly string[] = readdirSync(FOLDER).map((name) => name.replace(/\.yaml$/, ''))

/** Where every set is rendered for. */
export const NAMESPACE = 'telephony'

/** The file of a set. */
export function valuesFile(set: string): string {
  return join(FOLDER, `${set}.yaml`)
}

/** What the chart makes of a set, as helm writes it. Throws what helm says. */
export async function renderedText(set: string): Promise<string> {
  const { code, stdout, stderr } = await runHelm(renderArguments(['--values', valuesFile(set)]))
  if (code !== 0) throw new Error(`HELM_TEMPLATE: ${stderr}`)
  return stdout
}

export function renderArguments(values: readonly string[]): string[] {
  return ['template', 'voice', CHART, '--namespace', NAMESPACE, ...values]
}

export interface Manifest {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly [field: string]: unknown
}

export function manifestsOf(rendered: string): Manifest[] {
  return parseAllDocuments(rendered)
    .map((one) => one.toJS() as Manifest | null)
    .filter((one) => one !== null)
}
