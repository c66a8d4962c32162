/** Asks the nameservers in turn, and follows CNAME records. */
import { askServer, type Nameserver, type NoAnswer, serverText } from './dns-exchange.ts'
import type { DnsMessage, DnsRecord, QuestionType } from './dns-message.ts'
import { createGate } from './gate.ts'
import { MAX_ALIASES, MAX_QUESTIONS_AT_ONCE } from './limits.ts'
import type { ResolverOptions } from './resolv-conf.ts'

/** Why a name has no address. The values are those of the metric `sip_dispatch_name_resolutions_total`. */
export type DnsFault =
  | 'nxdomain'
  | 'empty'
  | 'servfail'
  | 'refused'
  | 'timeout'
  | 'unreachable'
  | 'malformed'
  | 'wrong_answers'
  | 'alias_loop'
  | 'alias_chain'
  | 'not_available'
  | 'bad_address'

export type RecordOf<T extends QuestionType> = Extract<DnsRecord, { readonly type: T }>

/** The answer to a question. */
export type DnsAnswer<T extends QuestionType = QuestionType> = Records<T> | Denial | Failure

interface Records<T extends QuestionType> {
  readonly type: 'records'
  readonly records: readonly RecordOf<T>[]
  /** The shortest time to live of all records that led here. */
  readonly ttlSeconds: number
  /** How many records the server sent beyond `MAX_RECORDS`. */
  readonly leftOut: number
}

/** The server says that there is no such name (`nxdomain`), or that it has no such record (`empty`). */
export interface Denial {
  readonly type: 'denied'
  readonly fault: 'nxdomain' | 'empty'
  readonly detail: string
}

/** Nobody knows whether there is such a record. */
export interface Failure {
  readonly type: 'failed'
  readonly fault: Exclude<DnsFault, 'nxdomain' | 'empty'>
  readonly detail: string
}

export type Ask = <T extends QuestionType>(name: string, type: T) => Promise<DnsAnswer<T>>

/** A client for one look-up. It remembers which server has answered, and asks that one first. Never rejects. */
export function createDnsClient(options: ResolverOptions, signal: AbortSignal): Ask {
  let first = 0
  const gate = createGate(MAX_QUESTIONS_AT_ONCE)
  const askOnce = async (name: string, type: QuestionType): Promise<DnsMessage | Failure> => {
    let last: Failure = { type: 'failed', fault: 'unreachable', detail: 'no nameserver is known' }
    const { servers, attempts, timeoutMs } = options
    for (let at = 0; at < attempts * servers.length && !signal.aborted; at++) {
      const index = (first + at) % servers.length
      const server = servers[index]
      if (!server) break
      const edns = at < servers.length
      const answer = await askServer(server, { name, type, timeoutMs, edns }, signal)
      const fault = faultOf(answer, { server, name, type })
      if (!('fault' in answer) && fault === undefined) {
        first = index
        return answer
      }
      last = fault ?? last
    }
    return last
  }
  return (name, type) => followed(name, type, (asked, of) => gate(() => askOnce(asked, of)))
}

interface WhoAndWhat {
  readonly server: Nameserver
  readonly name: string
  readonly type: QuestionType
}

function faultOf(answer: DnsMessage | NoAnswer, { server, name, type }: WhoAndWhat): Failure | undefined {
  const about = `asked for ${type} of ${name}`
  if ('fault' in answer) return { type: 'failed', fault: answer.fault, detail: `${answer.detail}, ${about}` }
  const { rcode } = answer
  if (rcode === 'NOERROR' || rcode === 'NXDOMAIN') return undefined
  const detail = `${serverText(server)} answered ${rcode}, ${about}`
  return { type: 'failed', fault: rcode === 'SERVFAIL' ? 'servfail' : 'refused', detail }
}

type AskOnce = (name: string, type: QuestionType) => Promise<DnsMessage | Failure>

/** Follows the CNAME records of a name. Most servers send the whole chain in one answer. */
async function followed<T extends QuestionType>(name: string, type: T, ask: AskOnce): Promise<DnsAnswer<T>> {
  const seen = new Set<string>()
  let [current, ttlSeconds] = [name.toLowerCase(), Number.POSITIVE_INFINITY]
  for (;;) {
    if (!isAskable(current)) return { type: 'failed', fault: 'malformed', detail: `${name} leads to no host name` }
    const message = await ask(current, type)
    if ('fault' in message) return message
    const asked = current
    for (let alias = aliasOf(message, current); alias !== undefined; alias = aliasOf(message, current)) {
      seen.add(current)
      if (seen.has(alias.target)) return aliasFault('alias_loop', `${name} is an alias of itself: ${alias.target}`)
      if (seen.size > MAX_ALIASES) return aliasFault('alias_chain', `${name} has more than ${MAX_ALIASES} aliases`)
      ttlSeconds = Math.min(ttlSeconds, alias.ttl)
      current = alias.target
    }
    const own = message.records.filter((one) => one.type === type && one.name === current)
    if (own.length > 0) {
      const shortest = Math.min(ttlSeconds, ...own.map(({ ttl }) => ttl))
      const records = own.filter((one): one is RecordOf<T> => one.type === type)
      return { type: 'records', records, ttlSeconds: shortest, leftOut: message.leftOut }
    }
    // Some servers send only the first part of the chain, so the rest is asked for.
    if (current === asked || message.rcode === 'NXDOMAIN') return denial(message, current, type)
  }
}

function aliasOf({ records }: DnsMessage, name: string): Extract<DnsRecord, { type: 'CNAME' }> | undefined {
  for (const record of records) if (record.type === 'CNAME' && record.name === name) return record
  return undefined
}

function aliasFault(fault: 'alias_loop' | 'alias_chain', detail: string): Failure {
  return { type: 'failed', fault, detail }
}

function denial({ rcode }: DnsMessage, name: string, type: QuestionType): Denial {
  return rcode === 'NXDOMAIN'
    ? { type: 'denied', fault: 'nxdomain', detail: `${name} does not exist` }
    : { type: 'denied', fault: 'empty', detail: `${name} has no ${type} record` }
}

/** Whether a name in an answer can be asked for: plain labels of 63 characters at most. */
export function isAskable(name: string): boolean {
  return name.length <= 253 && /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(name)
}
