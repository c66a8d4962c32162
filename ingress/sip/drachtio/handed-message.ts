import { parseMessage } from '../message/parse-message.ts'
import { SipMessage } from '../message/sip-message.ts'

/** The fault of a message, and the status by which the sender is told about the fault. */
export interface MessageFault {
  readonly code: string
  readonly status: number
  readonly reason: string
}

export interface ReadMessage {
  readonly message: SipMessage
  readonly fault: MessageFault | undefined
}

const scratch = new SipMessage()

/**
 * Reads a message that the server handed over as text. The returned message has an index of its own. If the message has a
 * fault, the result has the parts that can be read.
 */
export function readHanded(text: string): ReadMessage {
  const bytes = Buffer.from(text, 'utf8')
  const fault = parseMessage(scratch, bytes, 0, bytes.length)
  return { message: scratch.keep(), fault }
}
