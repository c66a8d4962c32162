import { describe, expect, it } from '@jest/globals'
import { parseMessage } from '../../../../../ingress/sip/message/parse-message.ts'
import { RequestFacts, readRequestFacts, readResponseFacts } from '../../../../../ingress/sip/message/request-facts.ts'
import { SipMessage } from '../../../../../ingress/sip/message/sip-message.ts'
import { inviteText, parsed } from '../../../../support/parsed-message.ts'

const CALL_ID = 'Call-ID: 3848276298220188511@203.0.113.10'

/** The facts of the ordinary INVITE with one piece of its text replaced. */
function factsWith(from: string | RegExp, to: string) {
  const text = inviteText()
  const changed = text.replace(from, to)
  if (changed === text) throw new Error(`the INVITE has no ${from}`)
  return readRequestFacts(parsed(changed))
}

describe('the facts of a request', () => {
  it('are what routing needs (RFC 3261 §16.3 step 1)', () => {
    expect(readRequestFacts(parsed(inviteText()))).toMatchObject({
      via: { transport: 'UDP', host: '203.0.113.10', port: 5060, branch: 'z9hG4bKPj3a2f1c9d', rport: '' },
      callId: '3848276298220188511@203.0.113.10',
      fromTag: 'as58f4201b',
      toTag: undefined,
      cseq: 102,
      maxForwards: 70,
      uri: { scheme: 'sip', user: '+15551234567', host: '203.0.113.1', port: 5060 },
    })
  })

  it('may have leading zeros, folds and the highest allowed numbers', () => {
    expect(factsWith('CSeq: 102', 'CSeq: 002147483647\r\n')).toMatchObject({ cseq: 2_147_483_647 })
    expect(factsWith('Max-Forwards: 70', 'Max-Forwards: 0255')).toMatchObject({ maxForwards: 255 })
    expect(factsWith('Max-Forwards: 70\r\n', '')).toMatchObject({ maxForwards: undefined })
  })

  it.each([
    ['To: <sip:a@h;tag=uri>;x;Tag = t1 ;y', 't1'],
    ['To: "a;tag=quoted" <sip:a@h>;tag=t2', 't2'],
    ['t: sip:a@h;tag=t3', 't3'],
    ['To: <sip:a@h>\r\n ;\r\n tag\r\n =\r\n t4', 't4'],
    ['To: <sip:a@h>;tagged=no;tag', undefined],
    ['To: <sip:a@h>;tag=', undefined],
    ['To: sip:a@h', undefined],
  ])('hold the tag of %j: %s (RFC 3261 §19.3)', (line, tag) => {
    const facts = factsWith(/To: .*/, line)
    expect('fault' in facts ? facts : { toTag: facts.toTag }).toEqual({ toTag: tag })
  })

  it('come from the first value of the top Via', () => {
    expect(factsWith('branch=z9hG4bKPj3a2f1c9d', 'branch=b1 , SIP/2.0/UDP other;branch=b2')).toMatchObject({
      via: { branch: 'b1' },
    })
  })

  it('may lack a From tag, as gateways of RFC 2543 and of today write them', () => {
    const text = inviteText().replace(';tag=as58f4201b', '')
    expect(readRequestFacts(parsed(text))).toMatchObject({ fromTag: undefined, cseq: 102 })
    expect(readRequestFacts(parsed(text.replace('z9hG4bKPj', 'old')))).toMatchObject({ fromTag: undefined, cseq: 102 })
    expect(readRequestFacts(parsed(text.replace('z9hG4bKPj3a2f1c9d', 'z9hG4bK')))).toMatchObject({ cseq: 102 })
  })
})

describe('the facts of a message that is kept', () => {
  const text = inviteText().replace('To: <sip:+15551234567@203.0.113.1:5060>', 'To: <sip:a@h>;tag=t1')
  const expected = {
    via: { transport: 'UDP', host: '203.0.113.10', port: 5060, branch: 'z9hG4bKPj3a2f1c9d', parameters: /branch=z9/ },
    callId: '3848276298220188511@203.0.113.10',
    fromTag: 'as58f4201b',
    toTag: 't1',
    cseq: 102,
    maxForwards: 70,
    hasCookie: true,
    uri: { scheme: 'sip', user: '+15551234567', host: '203.0.113.1', port: 5060, parameters: '', headers: '' },
  }

  it.each([0, 7])('stay when the packet is overwritten: it began at %i', (offset) => {
    const bytes = Buffer.from('x'.repeat(offset) + text, 'latin1')
    const message = new SipMessage()
    expect(parseMessage(message, bytes, offset, text.length)).toBeUndefined()
    const facts = readRequestFacts(message)
    if ('fault' in facts) throw new Error(facts.code)
    const kept = facts.keep(message.keep())
    bytes.fill('x')
    const { parameters, ...via } = expected.via
    expect(kept).toMatchObject({ ...expected, via })
    expect(kept.via.parameters).toMatch(parameters)
  })

  it('have the texts that were read before', () => {
    const message = parsed(text)
    const facts = readRequestFacts(message)
    if ('fault' in facts) throw new Error(facts.code)
    const before = [facts.callId, facts.fromTag, facts.toTag, facts.via.branch, facts.via.host, facts.uri.user]
    const kept = facts.keep(message.keep())
    expect([kept.callId, kept.fromTag, kept.toTag, kept.via.branch, kept.via.host, kept.uri.user]).toEqual(before)
  })

  it('do not stay in an instance that reads the next request', () => {
    const facts = new RequestFacts()
    readRequestFacts(parsed(text), facts)
    const texts = [facts.callId, facts.toTag, facts.via.branch, facts.uri.user]
    const next = inviteText().replaceAll('3848276298220188511', 'other').replace('z9hG4bKPj3a2f1c9d', 'b2')
    readRequestFacts(parsed(next.replace('sip:+15551234567@', 'sip:')), facts)
    expect(texts).toEqual(['3848276298220188511@203.0.113.10', 't1', 'z9hG4bKPj3a2f1c9d', '+15551234567'])
    expect([facts.callId, facts.toTag, facts.via.branch, facts.uri.user]).toEqual([
      'other@203.0.113.10',
      undefined,
      'b2',
      undefined,
    ])
  })
})

describe('the branch of a request', () => {
  it.each([
    ['z9hG4bK1', true],
    ['z9hG4bK', false],
    ['Z9hG4bK1', false],
    ['1', false],
  ])('%s has the cookie: %s (RFC 3261 §8.1.1.7)', (branch, hasCookie) => {
    expect(factsWith('z9hG4bKPj3a2f1c9d', branch)).toMatchObject({ hasCookie })
  })

  it('is absent without a cookie', () => {
    expect(factsWith(';branch=z9hG4bKPj3a2f1c9d', '')).toMatchObject({ hasCookie: false, via: { branch: undefined } })
  })
})

describe('a request is refused', () => {
  it.each([
    ['Via', /Via.*\r\n/],
    ['From', /From.*\r\n/],
    ['To', /To.*\r\n/],
    ['Call-ID', /Call-ID.*\r\n/],
    ['CSeq', /CSeq.*\r\n/],
  ])('without %s, and no response can be built (RFC 3261 §8.1.1)', (_, line) => {
    expect(factsWith(line, '')).toMatchObject({ code: 'missing-header', status: 400, answerable: false })
  })

  it.each([
    'From: x',
    'To: x',
    CALL_ID,
    'CSeq: 102 INVITE',
    'Max-Forwards: 70',
    'Content-Length: 5',
    'Max-Breadth: 1\r\nMax-Breadth: 1',
  ])('with %j a second time (RFC 3261 §7.3.1)', (line) => {
    const facts = readRequestFacts(parsed(inviteText([line])))
    expect(facts).toMatchObject({ code: 'repeated-header', status: 400, answerable: true })
  })

  it.each([
    ['bad-via', /Via: .*/, 'Via: SIP/2.0/UDP h;;'],
    ['bad-via', /Via: .*/, 'Via: SIP/2.0/UDP h\u000b'],
    ['bad-cseq', 'CSeq: 102 INVITE', 'CSeq: 2147483648 INVITE'],
    ['bad-cseq', 'CSeq: 102 INVITE', 'CSeq: -1 INVITE'],
    ['bad-cseq', 'CSeq: 102 INVITE', 'CSeq: 102INVITE'],
    ['bad-cseq', 'CSeq: 102 INVITE', 'CSeq: 102'],
    ['bad-cseq', 'CSeq: 102 INVITE', 'CSeq: 102 INVITE x'],
    ['cseq-method', 'CSeq: 102 INVITE', 'CSeq: 102 BYE'],
    ['cseq-method', 'CSeq: 102 INVITE', 'CSeq: 102 invite'],
    ['bad-max-forwards', 'Max-Forwards: 70', 'Max-Forwards: 256'],
    ['bad-max-forwards', 'Max-Forwards: 70', 'Max-Forwards: -1'],
    ['bad-max-forwards', 'Max-Forwards: 70', 'Max-Forwards:'],
    ['bad-from', /From: .*/, 'From: "Alice <sip:a@h>;tag=1'],
    ['bad-from', /From: .*/, 'From: <sip:a@h;tag=1'],
    ['bad-from', /From: .*/, 'From:'],
    ['bad-to', /To: .*/, 'To: "a\\" <sip:a@h>'],
    ['bad-call-id', CALL_ID, 'Call-ID: '],
    ['bad-request-uri', 'INVITE sip:+15551234567@203.0.113.1:5060', 'INVITE <sip:a@h>'],
    ['bad-request-uri', 'INVITE sip:+15551234567@203.0.113.1:5060', 'INVITE nonsense'],
    ['headers-in-request-uri', 'INVITE sip:+15551234567@203.0.113.1:5060', 'INVITE sip:a@h?Route=x'],
  ])('as %s, with 400 that can be answered: %s becomes %j', (code, from, to) => {
    expect(factsWith(from, to)).toMatchObject({ fault: true, code, status: 400, answerable: true })
  })

  it('with 416 where nobody knows the scheme (RFC 3261 §16.3 step 2)', () => {
    expect(factsWith('INVITE sip:', 'INVITE foo:')).toMatchObject({
      code: 'unsupported-scheme',
      status: 416,
      answerable: true,
    })
    expect(factsWith(/INVITE sip:\S*/, 'INVITE tel:+15551234567')).toMatchObject({ uri: { scheme: 'tel' } })
  })
})

describe('the facts of a response', () => {
  const response = (via: string, cseq: string) => parsed(`SIP/2.0 200 OK\r\n${via}\r\n${cseq}\r\n\r\n`)

  it('are its top Via and the method in CSeq (RFC 3261 §17.1.3)', () => {
    expect(readResponseFacts(response('v: SIP/2.0/UDP h;branch=b, SIP/2.0/UDP i', 'CSeq: 1 CANCEL'))).toMatchObject({
      via: { host: 'h', branch: 'b' },
      cseqMethod: 'CANCEL',
    })
  })

  it.each([
    ['X: y', 'CSeq: 1 INVITE'],
    ['Via: nonsense', 'CSeq: 1 INVITE'],
    ['Via: SIP/2.0/UDP h', 'X: y'],
    ['Via: SIP/2.0/UDP h', 'CSeq: 99999999999 INVITE'],
  ])('are none with %j and %j', (via, cseq) => {
    expect(readResponseFacts(response(via, cseq))).toBeUndefined()
  })
})
