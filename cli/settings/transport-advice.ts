import { InvalidArgumentError } from 'commander'

/** Transports that this version does not support. An error about such a transport gives advice. */
const NOT_THERE = /^(tls|sips|wss?|sctp|dtls)\b/i

const ADVICE =
  'TLS, WebSocket and SCTP are not there yet: end them at a SIP proxy before this process (Kamailio, for instance) and let it speak UDP or TCP here'

/** Reads the name of a transport. Throws `InvalidArgumentError` for any other text. */
export function udpOrTcp(name: string): string {
  if (name === 'udp' || name === 'tcp') return name
  throw new InvalidArgumentError(`Allowed choices are udp, tcp.${NOT_THERE.test(name) ? ` ${ADVICE}` : ''}`)
}

/** Wraps `read`. For a text that begins with an unsupported transport, the wrapped function throws the advice. */
export function overUdpOrTcp<T>(read: (text: string) => T | undefined): (text: string) => T | undefined {
  return (text) => {
    const value = read(text)
    if (value === undefined && NOT_THERE.test(text)) throw new Error(ADVICE)
    return value
  }
}
