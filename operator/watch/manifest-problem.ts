import type { FieldFault } from '../../crds/schema/read-object.ts'

/** A fault of a manifest, and the place of the fault. */
export interface ManifestProblem {
  /** The codes are stable: a program should decide by the code, not by the message. */
  readonly code: ProblemCode
  readonly file: string
  /** The line number, counted from 1. */
  readonly line: number
  /**
   * The object, such as `SipTrunk default/acme`. Absent if the problem is not in an object, or if the object's kind or name
   * cannot be read.
   */
  readonly object?: string
  /** The field, such as `spec.sources[0]`. Absent if the problem is about the whole file or document. */
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

/**
 * The codes of notes about valid YAML that may surprise its author. The cluster accepts such values, except those with the code
 * `not_a_text`.
 */
export type NoteCode = 'read_otherwise' | 'merge_key' | 'not_a_text'

/** Writes a problem as one line of text: `file:line: field: message (expected …)`. */
export function formatProblem(problem: ManifestProblem): string {
  const { file, line, field, message, expected } = problem
  const what = field === undefined ? message : `${field}: ${message}`
  return `${file}:${line}: ${what}${expected === undefined ? '' : ` (expected ${expected})`}`
}

/**
 * Writes a path of keys and indexes for people, such as `spec.sources[0]`. A key with unusual characters is put in quotes and
 * brackets.
 */
export function fieldText(path: readonly (string | number)[]): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`
    return /^[A-Za-z_][\w-]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`
  })
  return steps.join('').replace(/^\./, '')
}
