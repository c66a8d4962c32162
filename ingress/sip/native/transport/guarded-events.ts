import type { TransportEvents } from './transport.ts'

/**
 * Wraps the events so that a socket's handler can call them safely: an exception in such a handler would end the process. If a
 * listener throws, a fault is reported. If `isKnown` throws, the peer counts as a stranger.
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
    onFullBatch: () => {
      try {
        events.onFullBatch()
      } catch (error) {
        fault('onFullBatch', error)
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
