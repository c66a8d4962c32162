import { describe, expect, it } from '@jest/globals'
import {
  requestWay,
  type Sender,
  senderOf,
  silenceReason,
  unusableWay,
} from '../../../../../ingress/sip/proxy/silence-for-strangers.ts'

/** Sender, method, whether it claims a dialog, whether the engine has sent a provisional response; the way. */
const WAYS = [
  ['stranger', 'INVITE', false, false, 'stranger-invite'],
  ['stranger', 'INVITE', false, true, 'stranger-invite'],
  ['stranger', 'INVITE', true, false, 'silence'],
  ['stranger', 'INVITE', true, true, 'stranger-invite'],
  ['stranger', 'OPTIONS', false, false, 'silence'],
  ['stranger', 'OPTIONS', false, true, 'silence'],
  ['stranger', 'REGISTER', false, false, 'silence'],
  ['stranger', 'BYE', true, false, 'silence'],
  ['stranger', 'ACK', true, true, 'silence'],
  ['known', 'INVITE', false, false, 'invite'],
  ['known', 'INVITE', false, true, 'invite'],
  ['known', 'INVITE', true, false, 'in-dialog'],
  ['known', 'INVITE', true, true, 'in-dialog'],
  ['known', 'OPTIONS', false, false, 'options'],
  ['known', 'OPTIONS', true, false, 'in-dialog'],
  ['known', 'REGISTER', false, false, 'not-allowed'],
  ['known', 'BYE', true, false, 'in-dialog'],
  ['known', 'BYE', false, false, 'not-allowed'],
  ['known', 'ACK', false, true, 'silence'],
  ['dialog', 'INVITE', false, false, 'in-dialog'],
  ['dialog', 'OPTIONS', false, true, 'in-dialog'],
  ['dialog', 'BYE', true, false, 'in-dialog'],
] as const

describe('the way of a request', () => {
  it.each(WAYS)('from %s: %s (claims a dialog: %s, provisional sent: %s) is %s', (...row) => {
    const [sender, method, claimsDialog, provisionalSent, way] = row
    expect(requestWay(sender, method, claimsDialog, provisionalSent)).toBe(way)
  })

  it('leads an unvouched sender to an answer for nothing but a new INVITE, whatever the method is', () => {
    for (const method of ['OPTIONS', 'REGISTER', 'BYE', 'ACK', 'CANCEL', 'INFO', 'invite', 'constructor']) {
      for (const claims of [false, true]) {
        for (const sent of [false, true]) expect(requestWay('stranger', method, claims, sent)).toBe('silence')
      }
    }
  })
})

/** Sender, method, whether the engine has sent a provisional response; the way. */
const UNUSABLE_WAYS = [
  ['stranger', 'INVITE', false, 'silence'],
  ['stranger', 'INVITE', true, 'final-response'],
  ['stranger', 'OPTIONS', true, 'silence'],
  ['stranger', 'ACK', true, 'silence'],
  ['known', 'INVITE', false, 'refusal'],
  ['known', 'INVITE', true, 'refusal'],
  ['known', 'MESSAGE', false, 'refusal'],
  ['known', 'ACK', false, 'silence'],
  ['dialog', 'BYE', true, 'refusal'],
  ['dialog', 'ACK', true, 'silence'],
] as const

describe('the way of a request that cannot be read', () => {
  it.each(UNUSABLE_WAYS)('from %s: %s (provisional sent: %s) is %s', (sender, method, provisionalSent, way) => {
    expect(unusableWay(sender, method, provisionalSent)).toBe(way)
  })
})

describe('a sender', () => {
  it.each([
    [true, true, 'dialog'],
    [true, false, 'dialog'],
    [false, true, 'known'],
    [false, false, 'stranger'],
  ] as const)('whom a dialog vouches for (%s) and whose source is known (%s) is %s', (dialog, known, sender) => {
    expect(senderOf(dialog, known)).toBe(sender)
  })

  it('meets silence as a stranger, or for the reason that is given', () => {
    const reasons = (['dialog', 'known', 'stranger'] satisfies Sender[]).map((one) => silenceReason(one, 'malformed'))
    expect(reasons).toEqual(['malformed', 'malformed', 'stranger'])
  })
})
