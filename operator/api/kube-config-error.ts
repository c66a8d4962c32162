/** The codes of KubeConfigError. They are stable: a program should decide by the code, not by the message. */
export type KubeConfigErrorCode =
  | 'kubeconfig_missing'
  | 'kubeconfig_unreadable'
  | 'kubeconfig_context_unknown'
  | 'kubeconfig_incomplete'
  | 'kubeconfig_credentials'

/** Says why the address of the API server, or the credentials for it, cannot be found. */
export class KubeConfigError extends Error {
  readonly code: KubeConfigErrorCode

  constructor(code: KubeConfigErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'KubeConfigError'
    this.code = code
  }
}

/**
 * The first line of an error's message. Most messages have only one line, but the YAML parser adds lines that show the place.
 */
export function firstLine(cause: unknown): string {
  const message = typeof cause === 'object' && cause !== null && 'message' in cause ? cause.message : cause
  const [line = ''] = String(message).split('\n', 1)
  return line
}
