import type { FieldFault } from '../../crds/schema/read-object.ts'

/** A fault of a manifest, and its place. */
export interface ManifestProblem {
  /** Stable: programs should rely on the code, not on the message. */
  readonly code: ProblemCode
  readonly file: string
  /** From 1. */
  readonly line: number
  /** `SipTrunk default/acme`; absent if the problem is outside of objects, or the object's kind or name cannot be read. */
  readonly object?: string
  /** `spec.sources[0]`; absent if the problem concerns the whole file or document. */
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

/** Codes of valid YAML that may surprise its author. Of these the cluster refuses only `not_a_text`. */
export type NoteCode = 'read_otherwise' | 'merge_key' | 'not_a_text'

/** One line of text: `file:line: field: message (expected …)`. */
export function formatProblem(problem: ManifestProblem): string {
  const { file, line, field, message, expected } = problem
  const what = field === undefined ? message : `${field}: ${message}`
  return `${file}:${line}: ${what}${expected === undefined ? '' : ` (expected ${expected})`}`
}

/** A path of keys and indexes as people write it. A key with unusual characters is quoted and put in brackets. */
export function fieldText(path: readonly (string | number)[]): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`
    return /^[A-Za-z_][\w-]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`
  })
  return steps.join('').replace(/^\./, '')
}
