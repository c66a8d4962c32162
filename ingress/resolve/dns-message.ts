/** DNS messages (RFC 1035 §4): writes a question, and reads an answer to it. */
import { decode, encode, type NaptrAnswer, type Packet, type SrvAnswer, type StringAnswer } from 'dns-packet'
import { parseIpAddress } from '../address/ip-address.ts'
import { MAX_RECORDS, UDP_ANSWER_BYTES } from './limits.ts'

/** The types of records that RFC 3263 asks for. */
export type QuestionType = 'A' | 'AAAA' | 'SRV' | 'NAPTR'

export interface Question {
  /** A random number from 0 to 65,535. */
  readonly id: number
  /** A name without a dot at its end. */
  readonly name: string
  readonly type: QuestionType
}

/** A record, with the name in lower case that it belongs to. `ttl` is in seconds. */
export type DnsRecord = { readonly name: string; readonly ttl: number } & RecordData

type RecordData =
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'CNAME'; readonly target: string }
  | {
      readonly type: 'SRV'
      readonly priority: number
      readonly weight: number
      readonly port: number
      readonly target: string
    }
  | {
      readonly type: 'NAPTR'
      readonly order: number
      readonly preference: number
      readonly flags: string
      readonly services: string
      readonly replacement: string
    }

/** An answer to our question. */
export interface DnsMessage {
  /** `NOERROR`, `NXDOMAIN`, `SERVFAIL` and so on, or `RCODE_n`. */
  readonly rcode: string
  readonly truncated: boolean
  /** The records of the answer section, at most `MAX_RECORDS` of them. */
  readonly records: readonly DnsRecord[]
  /** How many records were not read. */
  readonly leftOut: number
}

const RECURSION_DESIRED = 0x100
/** RFC 1035 §4.1.1: the bits of the header that the library does not read by name. */
const RCODE_BITS = 0xf

/** `edns`: whether the question says that we take more than 512 bytes over UDP (RFC 6891). Some servers refuse that. */
export function writeQuestion({ id, name, type }: Question, edns: boolean): Buffer {
  const packet: Packet = { type: 'query', id, flags: RECURSION_DESIRED, questions: [{ type, name, class: 'IN' }] }
  if (edns) {
    const option = {
      type: 'OPT',
      name: '.',
      udpPayloadSize: UDP_ANSWER_BYTES,
      extendedRcode: 0,
      ednsVersion: 0,
    } as const
    packet.additionals = [{ ...option, flags: 0, flag_do: false, options: [] }]
  }
  return encode(packet)
}

/**
 * Reads an answer. `other`: it is no answer to this question, but perhaps to another one, or it is forged. `malformed`: it is an
 * answer to the question, but its records cannot be read.
 */
export function readAnswer(bytes: Buffer, question: Question): DnsMessage | 'other' | 'malformed' {
  if (bytes.length < HEADER_BYTES || bytes.readUInt16BE(0) !== question.id || (bytes.readUInt16BE(2) & 0x8000) === 0) {
    return 'other'
  }
  if (bytes.readUInt16BE(QUESTION_COUNT_AT) !== 1) return 'other'
  try {
    const packet = decode(firstRecords(bytes))
    return answers(packet, question) ? messageOf(packet, bytes) : 'other'
  } catch {
    // A truncated answer may end inside a record. Then the whole of it comes over TCP.
    return (bytes.readUInt16BE(2) & TRUNCATED) === 0 ? 'malformed' : CUT
  }
}

const HEADER_BYTES = 12
/** RFC 1035 §4.1.1: where the header has the numbers of questions, answers, authorities and additional records. */
const QUESTION_COUNT_AT = 4
const ANSWER_COUNT_AT = 6
const AUTHORITY_COUNT_AT = 8
const ADDITIONAL_COUNT_AT = 10
const TRUNCATED = 0x200
const CUT: DnsMessage = { rcode: 'NOERROR', truncated: true, records: [], leftOut: 0 }

/**
 * The message with at most `MAX_RECORDS` answers and no other records, by the numbers in its header. The library decodes all that the
 * header names, and 64 KiB of records with long names hold the thread, and with it the calls, for a tenth of a second.
 */
function firstRecords(bytes: Buffer): Buffer {
  const first = Buffer.from(bytes)
  first.writeUInt16BE(Math.min(bytes.readUInt16BE(ANSWER_COUNT_AT), MAX_RECORDS), ANSWER_COUNT_AT)
  first.writeUInt16BE(0, AUTHORITY_COUNT_AT)
  first.writeUInt16BE(0, ADDITIONAL_COUNT_AT)
  return first
}

function answers({ questions = [] }: Packet, { name, type }: Question): boolean {
  const [asked] = questions
  return questions.length === 1 && asked?.type === type && lowerCase(asked.name) === lowerCase(name)
}

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']

function messageOf({ answers: read = [], flag_tc: truncated }: ReturnType<typeof decode>, bytes: Buffer) {
  const rcode = bytes.readUInt16BE(2) & RCODE_BITS
  return {
    rcode: RCODES[rcode] ?? `RCODE_${rcode}`,
    truncated,
    records: read.filter(isWanted).map(recordOf),
    leftOut: bytes.readUInt16BE(ANSWER_COUNT_AT) - read.length,
  }
}

type Answer = NonNullable<Packet['answers']>[number]
type Wanted = (StringAnswer & { readonly type: 'A' | 'AAAA' | 'CNAME' }) | SrvAnswer | NaptrAnswer

const WANTED: ReadonlySet<string> = new Set(['A', 'AAAA', 'CNAME', 'SRV', 'NAPTR'])

function isWanted(answer: Answer): answer is Wanted {
  return WANTED.has(answer.type) && 'class' in answer && answer.class === 'IN'
}

function recordOf(answer: Wanted): DnsRecord {
  // RFC 2181 §8: a time to live with the highest bit set counts as 0.
  const ttl = answer.ttl === undefined || answer.ttl > 0x7fffffff ? 0 : answer.ttl
  const head = { name: lowerCase(answer.name), ttl }
  switch (answer.type) {
    case 'A':
    case 'AAAA':
      // The library makes a text of an address that is cut, too.
      if (!parseIpAddress(answer.data)) throw new TypeError('the record has no address')
      return { ...head, type: answer.type, address: answer.data }
    case 'CNAME':
      return { ...head, type: 'CNAME', target: lowerCase(answer.data) }
    case 'SRV': {
      const { priority = 0, weight = 0, port, target } = answer.data
      return { ...head, type: 'SRV', priority, weight, port, target: lowerCase(target) }
    }
    case 'NAPTR': {
      const { order, preference, flags, services, replacement } = answer.data
      return { ...head, type: 'NAPTR', order, preference, flags, services, replacement: lowerCase(replacement) }
    }
  }
}

/** A name as it is compared: in lower case, without the dot at its end. The root is `''`. */
function lowerCase(name: string): string {
  const lower = name.toLowerCase()
  return lower.endsWith('.') ? lower.slice(0, -1) : lower
}
