/**
 * Checks how unions are taken apart: `node .ci/check-unions.ts [folder] [--floor files]`. Exit code 1 where code of the
 * product asks for the kind of an object step by step and leaves the last kind to what remains, and where fewer files than
 * the floor were read. In a `switch` with a case for each kind, `tsc` and the linter find a kind that was forgotten.
 *
 * Refused, for a tag `x.type` or `x.kind` (or a variable of that name) that is compared with text:
 * - inside one function, comparisons with two or more texts;
 * - one comparison, where the branch of that kind reads another property of `x`, and the branch of all others does, too.
 *
 * Allowed: to ask for one kind only, and to do nothing with the others or hand `x` on whole.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { findChains } from './union-chains.ts'

/** Files. Well below what the tree has: a checker that cannot find them finds nothing wrong with them. */
const FLOOR_FILES = 40

const FOLDERS = ['crds', 'operator', 'ingress', 'standalone', 'cli']

const { values, positionals } = parseArgs({ allowPositionals: true, options: { floor: { type: 'string' } } })
const root = resolve(positionals[0] ?? '.')
const floor = values.floor === undefined ? FLOOR_FILES : Number(values.floor)

const files = FOLDERS.filter((folder) => existsSync(resolve(root, folder))).flatMap((folder) =>
  readdirSync(resolve(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`),
)
let count = 0
for (const file of files) {
  for (const { line, tag, problem } of findChains(readFileSync(resolve(root, file), 'utf8'))) {
    console.log(`${file}:${line}: ${tag} ${problem}: take it apart by switch`)
    count++
  }
}
console.log(`${files.length} files, ${count} chains on a tag`)
if (files.length < floor) console.log(`too few files were read (at least ${floor} expected)`)
process.exitCode = count > 0 || files.length < floor ? 1 : 0
