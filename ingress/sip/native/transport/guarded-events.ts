import type { TransportEvents } from './transport.ts'

/**
 * The same events, safe to call from a socket's handler, where an exception would end the process. A listener that throws is
 * reported as a fault, and the peer in question counts as a stranger.
 */
export function guardEvents(events: TransportEvents): TransportEvents {
  const fault = (listener: string, error: unknown) =>
    events.onFault('listener-threw', `${listener}: ${error instanceof Error ? error.stack : String(error)}`)
  return {
    onMessage: (bytes, offset, length, flow) => {
      try {
        events.onMessage(bytes, offset, length, flow)
      } catch (error) {
        fault('onMessage', error)
      }
    },
    onBrokenStream: (head, code, flow) => {
      try {
        events.onBrokenStream(head, code, flow)
      } catch (error) {
        fault('onBrokenStream', error)
      }
    },
    onUnreachable: (destination, reason) => {
      try {
        events.onUnreachable(destination, reason)
      } catch (error) {
        fault('onUnreachable', error)
      }
    },
    isKnown: (remote, port) => {
      try {
        return events.isKnown(remote, port)
      } catch (error) {
        fault('isKnown', error)
        return false
      }
    },
    onFault: (code, message) => events.onFault(code, message),
  }
}
