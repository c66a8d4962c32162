/** One result of `lint` about a set of manifests. */
export interface LintFinding {
  /** Only errors make the check fail. A note is about something that is probably intended. */
  readonly severity: 'error' | 'warning' | 'note'
  readonly file?: string
  readonly line?: number
  /** Kind and name, such as `SipTrunk default/acme`. Absent if the finding is not about an object as a whole. */
  readonly object?: string
  readonly field?: string
  readonly code: string
  readonly message: string
  /** A value or form that would be valid. */
  readonly expected?: string
}
