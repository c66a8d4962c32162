/** Makes the INVITE that `explain` asks about. The parser that reads the INVITEs of callers reads this one too. */

import { HEADER, headerIdOf } from '../../ingress/sip/message/header-name.ts'
import { parseMessage } from '../../ingress/sip/message/parse-message.ts'
import { readRequestFacts } from '../../ingress/sip/message/request-facts.ts'
import { SipMessage } from '../../ingress/sip/message/sip-message.ts'
import { MessageRequest } from '../../ingress/sip/port/inbound-request.ts'
import { ConfigError } from '../settings/config.ts'
import { type ExplainedCall, sourceText } from './explain-config.ts'

/**
 * Makes the INVITE of a call. Each header and each URI is valid already. Throws a `ConfigError` if they do not make a
 * usable INVITE together.
 */
export function explainedInvite(call: ExplainedCall): MessageRequest {
  const bytes = Buffer.from(inviteText(call), 'utf8')
  const message = new SipMessage()
  const fault = parseMessage(message, bytes, 0, bytes.length)
  if (fault) throw unusable(fault)
  const facts = readRequestFacts(message)
  if ('fault' in facts) throw unusable(facts)
  return new MessageRequest({ ...call.source, transport: call.transport }, message, facts)
}

/**
 * The headers that the user gives come after those that `explain` writes. The user's Vias stand for the proxies through
 * which the call came.
 */
function inviteText({ to, from, source, transport, headers }: ExplainedCall): string {
  const given = new Set(headers.map(({ name }) => headerIdOf(name)))
  return [
    `INVITE ${to} SIP/2.0`,
    `Via: SIP/2.0/${transport} ${sourceText(source)};rport;branch=z9hG4bKexplain`,
    ...(given.has(HEADER.maxForwards) ? [] : ['Max-Forwards: 70']),
    `From: <${from}>;tag=explain`,
    ...(given.has(HEADER.to) ? [] : [`To: <${to}>`]),
    'Call-ID: explain',
    'CSeq: 1 INVITE',
    ...headers.map(({ name, value }) => `${name}: ${value}`),
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n')
}

function unusable({ code, reason }: { readonly code: string; readonly reason: string }): ConfigError {
  return new ConfigError([`--to, --from and --header make no usable INVITE: ${reason} (${code})`])
}
