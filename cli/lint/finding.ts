/** One result of `lint` about a set of manifests. */
export interface LintFinding {
  /** Only errors fail the check. A note is about something that is probably intended. */
  readonly severity: 'error' | 'warning' | 'note'
  readonly file?: string
  readonly line?: number
  /** `SipTrunk default/acme`, if the finding is about an object as a whole. */
  readonly object?: string
  readonly field?: string
  readonly code: string
  readonly message: string
  /** A valid value or form. */
  readonly expected?: string
}
