/** Stable: what a program should look at. */
export type KubeConfigErrorCode =
  | 'kubeconfig_missing'
  | 'kubeconfig_unreadable'
  | 'kubeconfig_context_unknown'
  | 'kubeconfig_incomplete'
  | 'kubeconfig_credentials'

/** Why the way to the API server is not known, or with what one may go there. */
export class KubeConfigError extends Error {
  readonly code: KubeConfigErrorCode

  constructor(code: KubeConfigErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'KubeConfigError'
    this.code = code
  }
}

/** The first line of what an error says: the parser of YAML shows the place in more lines, of which a message has one. */
export function firstLine(cause: unknown): string {
  const told = typeof cause === 'object' && cause !== null && 'message' in cause ? cause.message : cause
  const [line = ''] = String(told).split('\n', 1)
  return line
}
