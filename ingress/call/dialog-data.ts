/**
 * What the cookie of a dialog says to the application when a request comes back with it, as text:
 *
 *     +namespace/rule                                     the caller is trusted (`-`: it is not), and the rule
 *     +namespace/rule m8:marks t4:acme d12:+1555… g3:bob  the same of a rule that says something of headers
 *
 * Each field is a letter, the length of its text, a colon and the text. Fields that a build does not know are passed over,
 * so that a later one may add some; text without fields is what earlier builds wrote.
 */

export interface DialogData {
  /** `namespace/name` of the rule that routed the call. */
  readonly rule: string
  /** Whether the caller is inside the trust domain of RFC 3325. */
  readonly callerTrusted: boolean
  /** What the rule has promised of headers; undefined where it said nothing of them. */
  readonly headers: SealedHeaders | undefined
}

export interface SealedHeaders {
  /** Marks of the headers that the first INVITE was given or relieved of. */
  readonly marks: string
  /** As they were for the first INVITE; undefined where no value was made of them. The trunk is `namespace/name`. */
  readonly trunk: string | undefined
  readonly called: string | undefined
  readonly calling: string | undefined
}

const TRUSTED = '+'
const UNTRUSTED = '-'
/** Names of Kubernetes objects hold none. */
const END_OF_RULE = ' '
const MARKS = 'm'
const TRUNK = 't'
const CALLED = 'd'
const CALLING = 'g'

export function writeDialogData({ rule, callerTrusted, headers }: DialogData): string {
  const head = (callerTrusted ? TRUSTED : UNTRUSTED) + rule
  if (!headers) return head
  const { marks, trunk, called, calling } = headers
  // Rules serve trunks of their own namespace.
  const trunkName = trunk?.slice(trunk.indexOf('/') + 1)
  return `${head}${END_OF_RULE}${field(MARKS, marks)}${field(TRUNK, trunkName)}${field(CALLED, called)}${field(CALLING, calling)}`
}

function field(key: string, text: string | undefined): string {
  return text === undefined ? '' : `${key}${text.length}:${text}`
}

/** The cookie is signed, so this is what `writeDialogData` wrote, of this build or of another. */
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
