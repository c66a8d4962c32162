/**
 * Checks how code distinguishes the kinds of a union: `node .ci/check-unions.ts [folder] [--floor files]`. The exit code is 1 if
 * code of the product compares the kind of an object step by step, and treats the last kind as the rest. In a `switch` with a
 * case for each kind, `tsc` and the linter find a kind that was forgotten. The exit code is also 1 if fewer files than the floor
 * were read.
 *
 * Refused, for a tag `x.type` or `x.kind` (or a variable of that name) that is compared with text:
 * - inside one function, comparisons with two or more texts;
 * - a single comparison, if the branch for that kind reads another property of `x`, and the branch for all other kinds does so
 *   too.
 *
 * Allowed: to compare with one kind only, and for the other kinds to do nothing or to pass on the whole `x`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { findChains } from './union-chains.ts'

/** The fewest files that must be read. The tree has far more. A checker that cannot find the files would find no fault. */
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
if (!(files.length >= floor)) console.log(`too few files were read (at least ${floor} expected)`)
process.exitCode = count > 0 || !(files.length >= floor) ? 1 : 0
