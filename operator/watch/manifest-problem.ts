import type { FieldFault } from '../../crds/schema/read-object.ts'

/** What is wrong with a manifest, and where. */
export interface ManifestProblem {
  /** Stable: what a program should look at. */
  readonly code: ProblemCode
  readonly file: string
  /** From 1. */
  readonly line: number
  /** `SipTrunk default/acme`, where it is inside an object that says so much. */
  readonly object?: string
  /** `spec.sources[0]`; absent where the whole file or document is at fault. */
  readonly field?: string
  readonly message: string
  readonly expected?: string
}

export type ProblemCode =
  | FieldFault['code']
  | 'unreadable_file'
  | 'file_too_large'
  | 'folder_too_large'
  | 'not_text'
  | 'nested_too_deep'
  | 'more_problems'
  | 'invalid_yaml'
  | 'not_an_object'
  | 'unknown_kind'
  | 'unknown_api_version'
  | 'duplicate_name'
  | NoteCode

/** What is right as YAML and still surprises; `not_a_text` alone is what the cluster refuses. */
export type NoteCode = 'read_otherwise' | 'merge_key' | 'not_a_text'

/** One line of text: `file:line: field: message (expected …)`. */
export function formatProblem(problem: ManifestProblem): string {
  const { file, line, field, message, expected } = problem
  const what = field === undefined ? message : `${field}: ${message}`
  return `${file}:${line}: ${what}${expected === undefined ? '' : ` (expected ${expected})`}`
}

/** A path of keys and indexes as people write it; keys with other characters than letters stand in brackets. */
export function fieldText(path: readonly (string | number)[]): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`
    return /^[A-Za-z_][\w-]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`
  })
  return steps.join('').replace(/^\./, '')
}
