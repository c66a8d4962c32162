/** One thing that `lint` has to say about a set of manifests. */
export interface LintFinding {
  /** A warning alone does not fail the check. A note says what may well be meant. */
  readonly severity: 'error' | 'warning' | 'note'
  readonly file?: string
  readonly line?: number
  /** `SipTrunk default/acme`, where it is about an object as a whole. */
  readonly object?: string
  readonly field?: string
  readonly code: string
  readonly message: string
  /** What would be right. */
  readonly expected?: string
}
