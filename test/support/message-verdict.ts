import { parseMessage } from '../../ingress/sip/message/parse-message.ts'
import { readRequestFacts, readResponseFacts } from '../../ingress/sip/message/request-facts.ts'
import { SipMessage } from '../../ingress/sip/message/sip-message.ts'
import { type Frame, StreamFramer } from '../../ingress/sip/message/stream-framer.ts'

/** The fate of a message before any rule is matched. A response is never answered: it is used or dropped. */
export type MessageVerdict =
  | { readonly verdict: 'accept'; readonly startLine: string; readonly headers: number; readonly body: number }
  | { readonly verdict: 'refuse'; readonly status: number; readonly code: string; readonly answerable: boolean }
  | { readonly verdict: 'drop'; readonly code: string }

/** The verdict on a datagram, from the parser and the checks that the engine runs on each. */
export function verdictOn(bytes: Buffer, message: SipMessage = new SipMessage()): MessageVerdict {
  const fault = parseMessage(message, bytes, 0, bytes.length)
  if (!message.isRequest) return verdictOnResponse(message, fault?.code)
  const facts = readRequestFacts(message)
  const answerable = !('fault' in facts) || facts.answerable
  if (fault) return { verdict: 'refuse', status: fault.status, code: fault.code, answerable }
  if ('fault' in facts) return { verdict: 'refuse', status: facts.status, code: facts.code, answerable }
  return accepted(message, message.method)
}

/** The frames of a stream that arrives in these chunks: messages in full, the rest by type and code. */
export function framesOf(chunks: readonly Buffer[]): string[] {
  const framer = new StreamFramer()
  const frames: string[] = []
  for (const chunk of chunks) {
    framer.push(Buffer.from(chunk))
    let frame = framer.next()
    while (frame.type === 'message' || frame.type === 'ping') {
      frames.push(frameText(frame))
      frame = framer.next()
    }
    if (frame.type === 'broken') return [...frames, frameText(frame)]
  }
  return frames
}

function frameText(frame: Frame): string {
  if (frame.type === 'broken') return `broken ${frame.code}`
  return frame.type === 'message'
    ? frame.bytes.toString('latin1', frame.offset, frame.offset + frame.length)
    : frame.type
}

function verdictOnResponse(message: SipMessage, fault: string | undefined): MessageVerdict {
  if (fault !== undefined) return { verdict: 'drop', code: fault }
  if (readResponseFacts(message) === undefined) return { verdict: 'drop', code: 'bad-response' }
  return accepted(message, String(message.status))
}

function accepted(message: SipMessage, startLine: string): MessageVerdict {
  return { verdict: 'accept', startLine, headers: message.headerCount, body: message.bodyEnd - message.bodyStart }
}
