/** The code of the error about a received datagram that was longer than its slot. */
export const DATAGRAM_CUT_OFF = 'datagram-cut-off'

/** Errors of one datagram, or of a moment in which the system lacks memory. They say nothing about the destination. */
const PASSING_ERRORS: ReadonlySet<unknown> = new Set(['EMSGSIZE', 'ENOBUFS', 'ENOMEM', 'EAGAIN', DATAGRAM_CUT_OFF])

/** Whether an error of a send means that the destination cannot be reached. */
export function concernsDestination(error: Error): boolean {
  return !('code' in error && PASSING_ERRORS.has(error.code))
}

/** The code of the fault under which an error of one datagram is reported. */
export function faultOfDatagram(error: Error): string {
  return 'code' in error && error.code === DATAGRAM_CUT_OFF ? DATAGRAM_CUT_OFF : 'datagram-not-sent'
}
