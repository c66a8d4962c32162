/** What kubectl makes of YAML, asked of kubectl itself: it needs no API server for that. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runKubectl } from '../support/kubectl.ts'
import type { KubectlReading, ScalarCase } from './reading-fixture.ts'
import { FILES, REFUSED, SCALARS } from './yaml-cases.ts'

export async function kubectlReading(): Promise<KubectlReading> {
  const folder = await mkdtemp(join(tmpdir(), 'kubectl-yaml-'))
  try {
    await writeFile(join(folder, 'config'), 'apiVersion: v1\nkind: Config\n')
    const [values = {}] = (await specsOf(object(SCALARS.map((text, i) => `  v${i}: ${text}\n`).join('')), folder)) ?? []
    const scalars: ScalarCase[] = []
    for (const [i, scalar] of SCALARS.entries()) {
      scalars.push({ scalar, value: Reflect.get(values, `v${i}`), key: await keyOf(scalar, folder) })
    }
    const files = []
    for (const [file, text] of Object.entries({ ...FILES, ...REFUSED })) {
      files.push({ file, specs: await specsOf(text, folder) })
    }
    return { scalars, files }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function keyOf(text: string, folder: string): Promise<string | null> {
  const [spec] = (await specsOf(object(`  ? ${text}\n  : 1\n`), folder)) ?? []
  return spec === undefined ? null : (Object.keys(spec)[0] ?? null)
}

function object(fields: string): string {
  return `apiVersion: v1\nkind: T\nmetadata: {name: a}\nspec:\n${fields}`
}

/** Of each object that it prints the spec, a line each. */
const SPECS = 'jsonpath={.spec}{"\\n"}'

/** The specs of the objects of a file; null where one of them is refused. */
async function specsOf(input: string, folder: string): Promise<object[] | null> {
  const args = ['annotate', '--local', '--filename', '-', 'read=yes', '--output', SPECS]
  const { code, stdout } = await runKubectl(args, { input, folder, kubeconfig: join(folder, 'config') })
  if (code !== 0) return null
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line): object => JSON.parse(line))
}
