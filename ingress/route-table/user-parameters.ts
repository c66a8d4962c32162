/** Parameters behind a number (RFC 3966 §3): `;npdi;rn=+12025550199`, in a tel URI or in the user part of a SIP URI. */

export interface UserParameters {
  /** The digits of a `phone-context` that begins with `+`; undefined where there is none. */
  readonly context: string | undefined
}

/** RFC 3966 §3: `pname` and `pvalue`. A name must have a letter here, so that digits of a number are not taken for a name. */
const PARAMETER = /^([0-9-]*[a-z][a-z0-9-]*)(?:=([!-~]+))?$/i

/** Reads parameters, with their leading `;`. Undefined where one is invalid, or stands twice: nothing says which of the two counts. */
export function readUserParameters(text: string): UserParameters | undefined {
  const names = new Set<string>()
  let context: string | undefined
  for (const part of text.split(';')) {
    if (part === '') continue
    const [, name = '', value = ''] = PARAMETER.exec(part) ?? []
    const folded = name.toLowerCase()
    if (name === '' || names.has(folded)) return undefined
    names.add(folded)
    if (folded === 'phone-context' && value.startsWith('+')) context = value.replace(/[^0-9]/g, '')
  }
  return { context }
}
