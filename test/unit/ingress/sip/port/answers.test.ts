import { describe, expect, it } from '@jest/globals'
import {
  badExtension,
  explainedAnswer,
  LOOP_DETECTED,
  MAX_BREADTH_EXCEEDED,
  methodNotAllowed,
  REPEATED_HEADER,
  SERVICE_UNAVAILABLE,
  TOO_MANY_HOPS,
} from '../../../../../ingress/sip/port/answers.ts'

describe('a refusal of our own', () => {
  it.each([
    [REPEATED_HEADER, 400, 'Repeated Header', 'repeated_header'],
    [methodNotAllowed('REGISTER'), 405, 'Method Not Allowed', 'method_not_allowed'],
    [badExtension('foo'), 420, 'Bad Extension', 'bad_extension'],
    [MAX_BREADTH_EXCEEDED, 440, 'Max-Breadth Exceeded', 'max_breadth_exceeded'],
    [LOOP_DETECTED, 482, 'Loop Detected', 'loop_detected'],
    [TOO_MANY_HOPS, 483, 'Too Many Hops', 'too_many_hops'],
  ])('%j has a status, a phrase and a code that logs show', (refusal, status, reason, code) => {
    expect(refusal).toMatchObject({ status, reason, code })
  })

  it('lists what is not understood', () => {
    expect(badExtension('foo, bar').headers).toEqual([{ name: 'Unsupported', value: 'foo, bar' }])
  })

  it('lists what is allowed, but for the method that it refuses and the one that the engine takes nowhere', () => {
    const native = 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK, REFER, NOTIFY'
    expect(methodNotAllowed('MESSAGE').headers).toEqual([{ name: 'Allow', value: native }])
    const behindServer = 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, REFER, NOTIFY, MESSAGE'
    expect(methodNotAllowed('INFO', 'PRACK').headers).toEqual([{ name: 'Allow', value: behindServer }])
  })
})

it('an answer of our own says why, and under which id the log has it', () => {
  const explained = explainedAnswer(SERVICE_UNAVAILABLE, 'draining', 'abc')
  expect(explained).toEqual({ status: 503, reason: 'Service Unavailable', warning: 'draining abc' })
})
