/** What kubectl has made of the cases, kept in a file: a line for each case, so that a difference can be read. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FIXTURE = fileURLToPath(new URL('kubectl-reading.jsonl', import.meta.url))

/** A plain scalar as a value, and as the name of a field: null where that is refused. */
export interface ScalarCase {
  readonly scalar: string
  readonly value: unknown
  readonly key: string | null
}

/** The `spec` of each object of a file: null where the file is refused. */
export interface FileCase {
  readonly file: string
  readonly specs: readonly unknown[] | null
}

export interface KubectlReading {
  readonly scalars: readonly ScalarCase[]
  readonly files: readonly FileCase[]
}

export function keptReading(): KubectlReading {
  const cases = readFileSync(FIXTURE, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): ScalarCase | FileCase => JSON.parse(line))
  return { scalars: cases.filter((one) => 'scalar' in one), files: cases.filter((one) => 'file' in one) }
}

export function keepReading({ scalars, files }: KubectlReading): void {
  writeFileSync(FIXTURE, [...scalars, ...files].map((one) => `${JSON.stringify(one)}\n`).join(''))
}
