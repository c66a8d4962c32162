/**
 * The application's data in the cookie of a dialog. The data comes back with each in-dialog request. The data is text:
 *
 *     +namespace/rule                                     the caller is trusted (`-` if not), and the rule
 *     +namespace/rule m8:marks t4:acme d12:+1555… g3:bob  the same for a rule that sets or removes headers
 *
 * Each field is a letter, the length of its text, a colon and the text. A build ignores fields that it does not know, so
 * that a later build may add fields. Earlier builds wrote text without fields.
 */

export interface DialogData {
  /** `namespace/name` of the rule that routed the call. */
  readonly rule: string
  /** Whether the caller is inside the trust domain of RFC 3325. */
  readonly callerTrusted: boolean
  /** The header changes of the rule at the first INVITE. Undefined if the rule had no header changes. */
  readonly headers: SealedHeaders | undefined
}

export interface SealedHeaders {
  /** Marks of the headers that the rule set in the first INVITE or removed from it. A mark stands for a header name. */
  readonly marks: string
  /**
   * The values of the placeholders `{trunk}`, `{called}` and `{calling}` at the first INVITE. Undefined if no header of the
   * rule has the placeholder. The trunk is `namespace/name`.
   */
  readonly trunk: string | undefined
  readonly called: string | undefined
  readonly calling: string | undefined
}

const TRUSTED = '+'
const UNTRUSTED = '-'
/** Separates the rule from the fields. Names of Kubernetes objects contain no space. */
const END_OF_RULE = ' '
const MARKS = 'm'
const TRUNK = 't'
const CALLED = 'd'
const CALLING = 'g'

export function writeDialogData({ rule, callerTrusted, headers }: DialogData): string {
  const head = (callerTrusted ? TRUSTED : UNTRUSTED) + rule
  if (!headers) return head
  const { marks, trunk, called, calling } = headers
  // A rule applies only to trunks of its own namespace. So the namespace of the trunk is known from the rule, and is left
  // out.
  const trunkName = trunk?.slice(trunk.indexOf('/') + 1)
  return `${head}${END_OF_RULE}${field(MARKS, marks)}${field(TRUNK, trunkName)}${field(CALLED, called)}${field(CALLING, calling)}`
}

function field(key: string, text: string | undefined): string {
  return text === undefined ? '' : `${key}${text.length}:${text}`
}

/**
 * Reads text that `writeDialogData` wrote, in this build or in another one. The cookie is signed, so no other text can
 * come.
 */
export function readDialogData(text: string): DialogData {
  const end = text.indexOf(END_OF_RULE)
  const rule = text.slice(1, end === -1 ? text.length : end)
  const callerTrusted = text.startsWith(TRUSTED)
  if (end === -1) return { rule, callerTrusted, headers: undefined }
  const fields = readFields(text, end + 1)
  const trunk = fields.get(TRUNK)
  const headers = {
    marks: fields.get(MARKS) ?? '',
    trunk: trunk === undefined ? undefined : `${rule.slice(0, rule.indexOf('/'))}/${trunk}`,
    called: fields.get(CALLED),
    calling: fields.get(CALLING),
  }
  return { rule, callerTrusted, headers }
}

function readFields(text: string, from: number): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  let at = from
  while (at < text.length) {
    const colon = text.indexOf(':', at)
    const length = Number(text.slice(at + 1, colon))
    if (colon === -1 || !Number.isInteger(length)) break
    fields.set(text.charAt(at), text.slice(colon + 1, colon + 1 + length))
    at = colon + 1 + length
  }
  return fields
}
