import { RE2JS, RE2JSException } from 're2js'

/** Whether a text is a valid RE2 expression. Both the API server and the ingress pods use RE2. */
export function compilesAsRe2(pattern: string): boolean {
  try {
    RE2JS.compile(pattern)
    return true
  } catch (error) {
    if (error instanceof RE2JSException) return false
    throw error
  }
}
