import { RE2JS, RE2JSException } from 're2js'

/** Whether the expression is one of RE2, the syntax that the API server and the ingress pods share. */
export function compilesAsRe2(pattern: string): boolean {
  try {
    RE2JS.compile(pattern)
    return true
  } catch (error) {
    if (error instanceof RE2JSException) return false
    throw error
  }
}
