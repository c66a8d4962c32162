import { InvalidArgumentError } from 'commander'

/** What is said where somebody asks for a transport that is not there yet. */
const NOT_THERE = /^(tls|sips|wss?|sctp|dtls)\b/i

const ADVICE =
  'TLS, WebSocket and SCTP are not there yet: end them at a SIP proxy before this process (Kamailio, for instance) and let it speak UDP or TCP here'

/** For a value that is one of the names of transports. @throws InvalidArgumentError */
export function udpOrTcp(name: string): string {
  if (name === 'udp' || name === 'tcp') return name
  throw new InvalidArgumentError(`Allowed choices are udp, tcp.${NOT_THERE.test(name) ? ` ${ADVICE}` : ''}`)
}

/** Reads as before, and throws the advice for a text that begins with another transport than UDP and TCP. */
export function overUdpOrTcp<T>(read: (text: string) => T | undefined): (text: string) => T | undefined {
  return (text) => {
    const value = read(text)
    if (value === undefined && NOT_THERE.test(text)) throw new Error(ADVICE)
    return value
  }
}
