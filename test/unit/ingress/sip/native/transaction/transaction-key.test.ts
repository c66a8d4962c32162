import { describe, expect, it } from '@jest/globals'
import { parseIpAddress } from '../../../../../../ingress/address/ip-address.ts'
import { parseMessage } from '../../../../../../ingress/sip/message/parse-message.ts'
import { readRequestFacts, readResponseFacts } from '../../../../../../ingress/sip/message/request-facts.ts'
import { SipMessage } from '../../../../../../ingress/sip/message/sip-message.ts'
import {
  TransactionKey,
  writeClientKey,
  writeOwnKey,
  writeServerKey,
} from '../../../../../../ingress/sip/native/transaction/transaction-key.ts'

/** The parts of a request that can be in its key. */
interface Parts {
  readonly branch: string | undefined
  readonly sentBy: string
  readonly parameters: string
  readonly method: string
  readonly requestUri: string
  readonly callId: string
  readonly fromTag: string | undefined
  readonly toTag: string | undefined
  readonly cseq: number
  readonly source: string
}

const INVITE: Parts = {
  branch: 'z9hG4bK776asdhds',
  sentBy: 'pc33.atlanta.example:5060',
  parameters: '',
  method: 'INVITE',
  requestUri: 'sip:bob@biloxi.example',
  callId: 'a84b4c76e66710',
  fromTag: '1928301774',
  toTag: undefined,
  cseq: 314159,
  source: '192.0.2.1',
}

const OLD: Parts = { ...INVITE, branch: undefined }

const parameter = (name: string, value: string | undefined): string => (value === undefined ? '' : `;${name}=${value}`)

function messageOf({ branch, sentBy, parameters, method, requestUri, callId, fromTag, toTag, cseq }: Parts): Buffer {
  const lines = [
    `${method} ${requestUri} SIP/2.0`,
    `Via: SIP/2.0/UDP ${sentBy}${parameter('branch', branch)}${parameters}`,
    `From: <sip:alice@atlanta.example>${parameter('tag', fromTag)}`,
    `To: <sip:bob@biloxi.example>${parameter('tag', toTag)}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} ${method}`,
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`)
}

/** The bytes of a request's key as text. `method`: the method in the key. */
function keyText(parts: Parts, method = parts.method): string {
  const message = new SipMessage()
  const bytes = messageOf(parts)
  const fault = parseMessage(message, bytes, 0, bytes.length)
  const facts = readRequestFacts(message)
  const remoteAddress = parseIpAddress(parts.source)
  if (fault || 'fault' in facts || !remoteAddress) throw new Error('the request of the test cannot be read')
  return textOf(writeServerKey(new TransactionKey(1), { message, facts, flow: { remoteAddress } }, method))
}

function textOf({ bytes, length }: TransactionKey): string {
  return Buffer.from(bytes.subarray(0, length)).toString('latin1')
}

const same = (one: Parts, other: Partial<Parts>): boolean => keyText(one) === keyText({ ...one, ...other })

describe('matching a request with its server transaction: RFC 3261 §17.2.3', () => {
  it.each<Partial<Parts>>([
    { branch: 'z9hG4bK776asdhdT' },
    { sentBy: 'pc34.atlanta.example:5060' },
    { sentBy: 'pc33.atlanta.example' },
    { method: 'BYE' },
    { method: 'CANCEL' },
    { source: '192.0.2.2' },
    { source: '2001:db8::1' },
  ])('tells another transaction by %j', (other) => {
    expect(same(INVITE, other)).toBe(false)
  })

  it.each<Partial<Parts>>([
    { method: 'ACK', toTag: 'a6c85cf' },
    { sentBy: 'PC33.Atlanta.Example:5060' },
    { parameters: ';rport', callId: 'other', cseq: 1 },
  ])('finds the same transaction in spite of %j', (other) => {
    expect(same(INVITE, other)).toBe(true)
  })

  it('finds the INVITE of a CANCEL', () => {
    expect(keyText({ ...INVITE, method: 'CANCEL' }, 'INVITE')).toBe(keyText(INVITE))
  })

  it('takes the cookie alone for no branch at all (RFC 4475 §3.2.1)', () => {
    const bare = { ...INVITE, branch: 'z9hG4bK' }
    expect(same(bare, { callId: 'another call' })).toBe(false)
    expect(same(bare, {})).toBe(true)
  })
})

describe.each([undefined, '1', 'cookieless'])('matching a request of an RFC 2543 peer (branch %s)', (branch) => {
  const old: Parts = { ...OLD, branch }

  it.each<Partial<Parts>>([
    { requestUri: 'sip:carol@biloxi.example' },
    { callId: 'b84b4c76e66710' },
    { fromTag: undefined },
    { fromTag: '1928301775' },
    { cseq: 314160 },
    { method: 'BYE' },
    { sentBy: 'pc34.atlanta.example' },
    { parameters: ';hidden' },
    { source: '192.0.2.2' },
  ])('tells another transaction by %j', (other) => {
    expect(same(old, other)).toBe(false)
  })

  it('finds the INVITE of an ACK, which has a To tag where the INVITE has none', () => {
    expect(same(old, { method: 'ACK', toTag: 'a6c85cf' })).toBe(true)
  })

  it('tells requests inside different dialogs by the To tag', () => {
    expect(same({ ...old, method: 'BYE', toTag: '1' }, { toTag: '2' })).toBe(false)
    expect(same({ ...old, method: 'BYE', toTag: '1' }, { toTag: undefined })).toBe(false)
  })
})

/** The key of a request of ours, as text. */
function ownKeyText(branch: string, method: string): string {
  return textOf(writeOwnKey(new TransactionKey(1), branch, method))
}

/** The key of a response with this branch and this method in CSeq, as text. */
function responseKeyText(branch: string | undefined, method: string): string {
  const message = new SipMessage()
  const bytes = Buffer.from(
    messageOf({ ...INVITE, branch, method })
      .toString()
      .replace(/^.*/, 'SIP/2.0 200 OK'),
  )
  const fault = parseMessage(message, bytes, 0, bytes.length)
  const facts = readResponseFacts(message)
  if (fault || !facts) throw new Error('the response of the test cannot be read')
  return textOf(writeClientKey(new TransactionKey(1), message, facts))
}

describe('matching a response with its client transaction: RFC 3261 §17.1.3', () => {
  it('goes by the branch and the method in CSeq: a 200 to CANCEL is none to its INVITE', () => {
    const keys = [
      ['z9hG4bK1', 'CANCEL'],
      ['z9hG4bK1', 'INVITE'],
      ['z9hG4bK2', 'INVITE'],
    ] as const
    const texts = keys.map(([branch, method]) => ownKeyText(branch, method))
    expect(new Set(texts).size).toBe(3)
    expect(keys.map(([branch, method]) => responseKeyText(branch, method))).toEqual(texts)
  })

  it('takes a response without a branch', () => {
    expect(responseKeyText(undefined, 'INVITE')).toBe(ownKeyText('', 'INVITE'))
  })
})

describe('the bytes of a key', () => {
  it('may be longer than the memory that is ready for them', () => {
    const branch = `z9hG4bK${'x'.repeat(1000)}`
    expect(keyText({ ...INVITE, branch })).toContain(branch)
    expect(same({ ...INVITE, branch }, { branch: `${branch}y` })).toBe(false)
  })
})
