import { describe, expect, it } from '@jest/globals'
import {
  clientTransactionKey,
  serverTransactionKey,
} from '../../../../../../ingress/sip/native/transaction/transaction-key.ts'

type Parts = Parameters<typeof serverTransactionKey>[0]

const INVITE: Parts = {
  branch: 'z9hG4bK776asdhds',
  sentBy: 'pc33.atlanta.example:5060',
  method: 'INVITE',
  requestUri: 'sip:bob@biloxi.example',
  callId: 'a84b4c76e66710',
  fromTag: '1928301774',
  toTag: undefined,
  cseq: 314159,
  topVia: 'SIP/2.0/UDP pc33.atlanta.example:5060;branch=z9hG4bK776asdhds',
}

const OLD: Parts = { ...INVITE, branch: undefined, topVia: 'SIP/2.0/UDP pc33.atlanta.example' }

const same = (one: Parts, other: Partial<Parts>): boolean =>
  serverTransactionKey(one) === serverTransactionKey({ ...one, ...other })

describe('matching a request with its server transaction: RFC 3261 §17.2.3', () => {
  it.each<Partial<Parts>>([
    { branch: 'z9hG4bK776asdhdT' },
    { sentBy: 'pc34.atlanta.example:5060' },
    { sentBy: 'pc33.atlanta.example' },
    { method: 'BYE' },
    { method: 'CANCEL' },
  ])('tells another transaction by %j', (other) => {
    expect(same(INVITE, other)).toBe(false)
  })

  it.each<Partial<Parts>>([
    { method: 'ACK', toTag: 'a6c85cf' },
    { sentBy: 'PC33.Atlanta.Example:5060' },
    { topVia: 'SIP/2.0/UDP pc33.atlanta.example:5060 ;branch=z9hG4bK776asdhds;rport', callId: 'other', cseq: 1 },
  ])('finds the same transaction in spite of %j', (other) => {
    expect(same(INVITE, other)).toBe(true)
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
    { topVia: 'SIP/2.0/UDP pc34.atlanta.example' },
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

describe('matching a response with its client transaction: RFC 3261 §17.1.3', () => {
  it('goes by the branch and the method in CSeq: a 200 to CANCEL is none to its INVITE', () => {
    expect(clientTransactionKey('z9hG4bK1', 'CANCEL')).not.toBe(clientTransactionKey('z9hG4bK1', 'INVITE'))
    expect(clientTransactionKey('z9hG4bK1', 'INVITE')).not.toBe(clientTransactionKey('z9hG4bK2', 'INVITE'))
    expect(clientTransactionKey('z9hG4bK1', 'INVITE')).toBe(clientTransactionKey('z9hG4bK1', 'INVITE'))
  })
})
