/** Parameters after a number (RFC 3966 §3), such as `;npdi;rn=+12025550199`, in a tel URI or in the user part of a SIP URI. */

export interface UserParameters {
  /** The digits of a `phone-context` that begins with `+`. Undefined if there is no such `phone-context`. */
  readonly context: string | undefined
}

/**
 * Matches one parameter (RFC 3966 §3: `pname` and `pvalue`). Here a name must contain a letter, so that digits of a number
 * are not read as a name.
 */
const PARAMETER = /^([0-9-]*[a-z][a-z0-9-]*)(?:=([!-~]+))?$/i

/**
 * Reads parameters, with their leading `;`. Undefined if a parameter is invalid or occurs twice. With two, nobody knows
 * which of them a gateway uses.
 */
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
