/**
 * Checks which module may import which: `node .ci/check-boundaries.ts [folder] [--floor modules]`. The exit code is 1 for a
 * forbidden import, and also if fewer modules than the floor were read: a checker that cannot read the files finds no fault.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { ICruiseResult } from 'dependency-cruiser'
import { cruise } from 'dependency-cruiser'
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'

/** The fewest modules that must be read. The tree has far more. A checker that does not understand TypeScript reads far fewer. */
const FLOOR_MODULES = 40

const FOLDERS = ['crds', 'helm', 'monitoring', 'operator', 'ingress', 'standalone', 'cli', 'test', 'bench', 'scripts']

async function readImports(root: string): Promise<ICruiseResult> {
  const options = await extractOptions(resolve(import.meta.dirname, 'boundaries.cjs'))
  const folders = FOLDERS.filter((folder) => existsSync(resolve(root, folder)))
  const { output } = await cruise(folders, { ...options, baseDir: root })
  if (typeof output === 'string') {
    throw new Error(`BOUNDARIES_OUTPUT: dependency-cruiser answered text where a result was expected: ${output}`)
  }
  return output
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { floor: { type: 'string' } } })
const root = resolve(positionals[0] ?? '.')
const floor = values.floor === undefined ? FLOOR_MODULES : Number(values.floor)

const { modules, summary } = await readImports(root)
const own = modules.filter((module) => FOLDERS.some((folder) => module.source.startsWith(`${folder}/`)))
for (const { rule, from, to } of summary.violations) {
  console.log(`${rule.name}: ${from} → ${to}`)
}
console.log(`${own.length} modules, ${summary.violations.length} forbidden imports`)
if (!(own.length >= floor)) {
  console.log(`too few modules were read (at least ${floor} expected): the checker does not see the files`)
}
process.exitCode = summary.violations.length > 0 || !(own.length >= floor) ? 1 : 0
