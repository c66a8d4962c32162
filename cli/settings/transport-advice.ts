import { InvalidArgumentError } from 'commander'

/** Transports that this version does not support. For these transports the error gives advice. */
const NOT_THERE = /^(tls|sips|wss?|sctp|dtls)\b/i

const ADVICE =
  'TLS, WebSocket and SCTP are not there yet: end them at a SIP proxy before this process (Kamailio, for instance) and let it speak UDP or TCP here'

/** Reads the name of a transport. @throws InvalidArgumentError */
export function udpOrTcp(name: string): string {
  if (name === 'udp' || name === 'tcp') return name
  throw new InvalidArgumentError(`Allowed choices are udp, tcp.${NOT_THERE.test(name) ? ` ${ADVICE}` : ''}`)
}

/** Wraps `read` so that it throws the advice for a text that begins with a transport other than UDP and TCP. */
export function overUdpOrTcp<T>(read: (text: string) => T | undefined): (text: string) => T | undefined {
  return (text) => {
    const value = read(text)
    if (value === undefined && NOT_THERE.test(text)) throw new Error(ADVICE)
    return value
  }
}
