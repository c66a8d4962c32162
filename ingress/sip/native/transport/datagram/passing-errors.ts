/** Errors of one datagram, or of a moment in which the system lacks memory. They say nothing about the destination. */
const PASSING_ERRORS: ReadonlySet<unknown> = new Set(['EMSGSIZE', 'ENOBUFS', 'ENOMEM', 'EAGAIN'])

/** Whether an error of a send means that the destination cannot be reached. */
export function concernsDestination(error: Error): boolean {
  return !('code' in error && PASSING_ERRORS.has(error.code))
}
