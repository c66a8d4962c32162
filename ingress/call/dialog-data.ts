/** What the cookie of a dialog tells the application when a request comes back with it. */
export interface DialogData {
  /** `namespace/name` of the rule that routed the call. */
  readonly rule: string
  /** Whether the caller is inside the trust domain of RFC 3325. */
  readonly callerTrusted: boolean
}

const TRUSTED = '+'
const UNTRUSTED = '-'

export function writeDialogData({ rule, callerTrusted }: DialogData): string {
  return (callerTrusted ? TRUSTED : UNTRUSTED) + rule
}

/** The cookie is signed, so this is what `writeDialogData` wrote. */
export function readDialogData(text: string): DialogData {
  return { rule: text.slice(1), callerTrusted: text.startsWith(TRUSTED) }
}
