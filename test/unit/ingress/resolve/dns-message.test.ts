import { describe, expect, it } from '@jest/globals'
import { type Answer, decode, encode, type Packet } from 'dns-packet'
import fc from 'fast-check'
import { type DnsMessage, type Question, readAnswer, writeQuestion } from '../../../../ingress/resolve/dns-message.ts'

const SRV: Question = { id: 4711, name: '_sip._udp.example.net', type: 'SRV' }
const RESPONSE = 0x8180

function answerTo(question: Question, answers: Answer[], rest: Partial<Packet> = {}): Buffer {
  const questions = [{ type: question.type, name: question.name }]
  return encode({ type: 'response', id: question.id, flags: RESPONSE, questions, answers, ...rest })
}

const srv = (target: string, priority = 10): Answer => ({
  type: 'SRV',
  name: SRV.name,
  ttl: 30,
  data: { priority, weight: 5, port: 5070, target },
})

function read(bytes: Buffer, question = SRV): DnsMessage {
  const message = readAnswer(bytes, question)
  if (typeof message === 'string') throw new TypeError(message)
  return message
}

describe('a question', () => {
  it('is written so that any reader of DNS finds number, name and type, and that it asks for recursion', () => {
    const packet = decode(writeQuestion(SRV, true))
    expect(packet).toMatchObject({ id: 4711, type: 'query', flag_rd: true })
    expect(packet.questions).toEqual([{ name: SRV.name, type: 'SRV', class: 'IN' }])
    expect(packet.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232 }])
    expect(decode(writeQuestion(SRV, false)).additionals).toEqual([])
  })
})

describe('an answer', () => {
  it('is read with records of every type that we ask for', () => {
    const naptr = {
      order: 1,
      preference: 2,
      flags: 's',
      services: 'SIP+D2U',
      regexp: '',
      replacement: 'Srv.Example.NET',
    }
    const answers: Answer[] = [
      { type: 'CNAME', name: 'A.Example', ttl: 5, data: 'B.Example' },
      { type: 'A', name: 'b.example', ttl: 6, data: '192.0.2.1' },
      { type: 'AAAA', name: 'b.example', ttl: 7, data: '2001:db8::1' },
      srv('Host.Example.NET'),
      { type: 'NAPTR', name: 'example.net', ttl: 8, data: naptr },
      { type: 'TXT', name: 'example.net', ttl: 8, data: 'nothing that we ask for' },
    ]
    expect(read(answerTo(SRV, answers))).toEqual({
      rcode: 'NOERROR',
      truncated: false,
      leftOut: 0,
      records: [
        { type: 'CNAME', name: 'a.example', ttl: 5, target: 'b.example' },
        { type: 'A', name: 'b.example', ttl: 6, address: '192.0.2.1' },
        { type: 'AAAA', name: 'b.example', ttl: 7, address: '2001:db8::1' },
        { type: 'SRV', name: SRV.name, ttl: 30, priority: 10, weight: 5, port: 5070, target: 'host.example.net' },
        {
          ...{ type: 'NAPTR', name: 'example.net', ttl: 8, order: 1, preference: 2, flags: 's', services: 'SIP+D2U' },
          replacement: 'srv.example.net',
        },
      ],
    })
  })

  it('is read when the server writes our name in other letters', () => {
    expect(read(answerTo({ ...SRV, name: '_SIP._udp.Example.net' }, [srv('h.example')])).records).toHaveLength(1)
  })

  it.each([
    ['NXDOMAIN', 3],
    ['SERVFAIL', 2],
    ['REFUSED', 5],
    ['NOTIMP', 4],
    ['RCODE_11', 11],
  ])('says %s', (rcode, bits) => {
    expect(read(answerTo(SRV, [], { flags: RESPONSE | bits }))).toMatchObject({ rcode, records: [] })
  })

  it('of 10,000 records is read to the 200th', () => {
    const many = Array.from(
      { length: 4000 },
      (_, i): Answer => ({ type: 'A', name: 'a', ttl: 1, data: `10.0.${i >> 8}.${i & 255}` }),
    )
    const message = read(answerTo({ ...SRV, type: 'A', name: 'a' }, many), { ...SRV, type: 'A', name: 'a' })
    expect([message.records.length, message.leftOut]).toEqual([200, 3800])
  })

  it('costs no more than its first 200 records: what comes after them is not even decoded', () => {
    const many = Array.from({ length: 201 }, (_, i): Answer => ({ type: 'A', name: 'a', ttl: 1, data: `10.0.0.${i}` }))
    const question: Question = { ...SRV, type: 'A', name: 'a' }
    const authorities = [srv('h.example')]
    const bytes = answerTo(question, many, { authorities, additionals: authorities })
    const whole = read(bytes, question)
    expect([whole.records.length, whole.leftOut]).toEqual([200, 1])
    const ending = answerTo(question, many.slice(0, 200)).length
    expect(read(Buffer.from(bytes).fill(0xff, ending), question)).toEqual(whole)
  })

  it('with more than one question is no answer, and none of its questions is decoded', () => {
    const bytes = answerTo(SRV, [srv('h.example')])
    bytes.writeUInt16BE(0xffff, 4)
    expect(readAnswer(bytes, SRV)).toBe('other')
  })

  it.each<[string, Buffer]>([
    ['has another number', answerTo({ ...SRV, id: 4712 }, [srv('h.example')])],
    ['is about another name', answerTo({ ...SRV, name: 'other.example' }, [srv('h.example')])],
    ['is about another type', answerTo({ ...SRV, type: 'A' }, [srv('h.example')])],
    ['is a question', writeQuestion(SRV, true)],
    ['is too short to be anything', Buffer.alloc(11)],
    ['is empty', Buffer.alloc(0)],
  ])('that %s is no answer', (_, bytes) => {
    expect(readAnswer(bytes, SRV)).toBe('other')
  })

  it('that ends in the middle of a record cannot be read; if it says that it is cut, the rest is asked for', () => {
    const bytes = answerTo(SRV, [srv('h.example')])
    expect(readAnswer(bytes.subarray(0, -3), SRV)).toBe('malformed')
    const cut = answerTo(SRV, [srv('h.example')], { flags: RESPONSE | 0x200 })
    expect(readAnswer(cut.subarray(0, -3), SRV)).toMatchObject({ truncated: true })
    expect(readAnswer(cut, SRV)).toMatchObject({ truncated: true })
  })

  it('whose name points to itself cannot be read', () => {
    const bytes = answerTo(SRV, [srv('h.example')])
    const loop = Buffer.concat([bytes.subarray(0, 12), Buffer.from([0xc0, 0x0c, 0, 33, 0, 1])])
    expect(readAnswer(loop, SRV)).toBe('malformed')
  })

  it('of any bytes gives a result and never throws', () => {
    const good = answerTo(SRV, [srv('h.example'), srv('i.example')])
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255))), (changes) => {
        const bytes = Buffer.from(good)
        for (const [at, value] of changes) bytes[at] = value
        expect(['string', 'object']).toContain(typeof readAnswer(bytes, SRV))
      }),
    )
  })
})
