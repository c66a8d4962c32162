import { describe, expect, it } from '@jest/globals'
import { type BranchInput, type BranchState, branchStep } from '../../../../../ingress/sip/proxy/branch-table.ts'

const WAITING: readonly BranchState[] = ['calling', 'proceeding', 'ringing', 'cancel-held', 'cancelled', 'withdrawn']
const LEFT_BEHIND: readonly BranchState[] = ['abandoned', 'released']
const LIVE = [...WAITING, ...LEFT_BEHIND]

describe('a branch of a proxied INVITE', () => {
  it.each([...LIVE, 'ended' as const])('in %s, passes every 2xx up (RFC 3261 §16.7 step 5)', (state) => {
    expect(branchStep(state, 'success')).toEqual({ to: 'ended', action: 'relay-success' })
  })

  it.each(WAITING)('in %s, does something for the caller when a final response comes', (state) => {
    expect(branchStep(state, 'failure')).toMatchObject({ to: 'ended', action: expect.any(String) })
    expect(branchStep(state, 'failure')?.action).not.toBe('note')
  })

  it.each(WAITING)('in %s, does something for the caller when the transaction times out or cannot be sent', (state) => {
    for (const input of ['time-out', 'unreachable'] as const) {
      expect(branchStep(state, input)).toMatchObject({ to: 'ended', action: expect.any(String) })
    }
  })

  it.each(LEFT_BEHIND)('in %s, a failure only counts as an answer that nobody waits for', (state) => {
    expect(branchStep(state, 'failure')).toEqual({ to: 'ended', action: 'note' })
  })

  it('MUST NOT be sent a CANCEL before a provisional response (RFC 3261 §9.1)', () => {
    expect(branchStep('calling', 'cancel')).toEqual({ to: 'cancel-held' })
    for (const input of ['trying', 'provisional'] as const) {
      expect(branchStep('cancel-held', input)).toEqual({ to: 'cancelled', action: 'send-cancel' })
    }
  })

  it('that was given up is cancelled by its first sign of life, and rings nobody', () => {
    for (const input of ['trying', 'provisional'] as const) {
      expect(branchStep('abandoned', input)).toEqual({ to: 'released', action: 'send-cancel' })
    }
  })

  it('relays ringing only while the caller waits for it', () => {
    const relaying = LIVE.filter((state) => branchStep(state, 'provisional')?.action === 'relay-provisional')
    expect(relaying).toEqual(['calling', 'proceeding', 'ringing'])
  })

  it.each<[BranchState, BranchInput]>([
    ['proceeding', 'timer-c'],
    ['ringing', 'timer-c'],
    ['ringing', 'ringing-timer'],
  ])('in %s, is cancelled by us on %s (RFC 3261 §16.8)', (state, input) => {
    expect(branchStep(state, input)).toEqual({ to: 'withdrawn', action: 'send-cancel' })
  })

  it.each(LIVE)('in %s, has no pending CANCEL left behind when another branch answers (§16.7 step 10)', (state) => {
    const after = branchStep(state, 'overtaken')?.to ?? state
    expect(LEFT_BEHIND).toContain(after)
  })

  it('ignores everything but a 2xx once it has ended', () => {
    const inputs: BranchInput[] = [
      'trying',
      'provisional',
      'failure',
      'time-out',
      'cancel',
      'backend-timer',
      'overtaken',
    ]
    expect(inputs.map((input) => branchStep('ended', input))).toEqual(inputs.map(() => undefined))
  })
})
