import { describe, expect, it } from '@jest/globals'
import { type Admission, createAdmission } from '../../../../../../ingress/sip/native/overload/admission.ts'
import { ADMISSION_MS, LEAST_SHARE, SETTLING_LOOKS } from '../../../../../../ingress/sip/native/overload/limits.ts'
import type { InviteShare } from '../../../../../../ingress/sip/native/transport/datagram/invite-filter.ts'
import { FakeClock } from '../../../../../support/fake-clock.ts'

interface Stage {
  readonly clock: FakeClock
  readonly admission: Admission
  /** What the kernel was told to let in, in order. */
  readonly admitted: InviteShare[]
  readonly dropped: number[]
  isBehind: boolean
  /** What the kernel has dropped since it was asked last. */
  newlyDropped: number
  /** Some INVITEs were handled and some left, and the share is looked at. */
  pass(handled: number, left: number): void
}

function startStage(canAdmit = true): Stage {
  const clock = new FakeClock()
  const admitted: InviteShare[] = []
  const dropped: number[] = []
  const intake = {
    admit: (share: InviteShare) => {
      admitted.push(share)
      return canAdmit
    },
    newlyDropped: () => {
      const { newlyDropped } = stage
      stage.newlyDropped = 0
      return newlyDropped
    },
  }
  const onDropped = (datagrams: number) => dropped.push(datagrams)
  const admission = createAdmission({ clock, intake, isBehind: () => stage.isBehind, onDropped })
  const pass = (handled: number, left: number): void => {
    for (let i = 0; i < left; i++) admission.onLeft()
    for (let i = 0; i < handled; i++) admission.onHandled()
    clock.advance(ADMISSION_MS)
  }
  const stage: Stage = { clock, admission, admitted, dropped, isBehind: true, newlyDropped: 0, pass }
  return stage
}

const shares = ({ admitted }: Stage): number[] => admitted.map(({ share }) => share)

/** The first step has had its effect. */
function settle(stage: Stage): void {
  for (let i = 0; i < SETTLING_LOOKS; i++) stage.pass(50, 0)
}

describe('the share of new calls that the kernel lets in', () => {
  it('is all of them, and nothing is looked at, while each INVITE that is read is handled', () => {
    const stage = startStage()
    for (let i = 0; i < 1000; i++) stage.admission.onHandled()
    expect([stage.clock.pending, stage.admitted]).toEqual([0, []])
  })

  it('becomes what could be handled, at the first look', () => {
    const stage = startStage()
    stage.pass(40, 60)
    expect(shares(stage)).toEqual([0.4])
  })

  it('does not become smaller for what had come before the first step', () => {
    const stage = startStage()
    stage.pass(40, 60)
    for (let i = 0; i < SETTLING_LOOKS; i++) stage.pass(40, 60)
    expect(shares(stage)).toEqual([0.4])
    stage.pass(40, 60)
    expect(shares(stage).at(-1)).toBeLessThan(0.4)
  })

  it('takes smaller steps after each turn, and so comes to rest where all that is read is handled', () => {
    const stage = startStage()
    const capacity = 100
    for (let i = 0; i < 100; i++) {
      const offered = 4 * capacity * (shares(stage).at(-1) ?? 1)
      stage.isBehind = offered >= capacity
      stage.pass(Math.min(offered, capacity), Math.max(0, offered - capacity))
    }
    for (const share of shares(stage).slice(-20)) expect(Math.abs(share - 0.25)).toBeLessThan(0.02)
  })

  it('stays as it is while INVITEs wait and each gets its answer', () => {
    const stage = startStage()
    stage.pass(50, 50)
    for (let i = 0; i < 10; i++) stage.pass(50, 0)
    expect(shares(stage)).toEqual([0.5])
  })

  it('chooses the same calls as long as it is below 1, and others in the next overload', () => {
    const stage = startStage()
    stage.pass(50, 50)
    stage.pass(50, 50)
    stage.isBehind = false
    for (let i = 0; i < 40; i++) stage.pass(10, 0)
    const seeds = () => new Set(stage.admitted.map(({ seed }) => seed))
    expect([seeds().size, shares(stage).at(-1)]).toEqual([1, 1])
    stage.pass(50, 50)
    expect(seeds().size).toBe(2)
  })

  it.each([
    ['as soon as fewer come', 0, 2500],
    ['when there is more time for as many', 10, 5000],
  ])('is all of them again after the worst overload, %s, and then nothing is looked at', (_, handled, within) => {
    const stage = startStage()
    for (let i = 0; i < 40; i++) stage.pass(1, 1000)
    expect(shares(stage).at(-1)).toBe(LEAST_SHARE)
    stage.isBehind = false
    for (let waited = 0; waited < within; waited += ADMISSION_MS) stage.pass(handled, 0)
    expect([shares(stage).at(-1), stage.clock.pending]).toEqual([1, 0])
  })

  it('grows slowly while nothing waits but hardly more could be handled', () => {
    const stage = startStage()
    stage.pass(50, 50)
    settle(stage)
    stage.isBehind = false
    for (let i = 0; i < 6; i++) stage.pass(49, 0)
    expect(shares(stage)).toEqual([0.5, 0.505, 0.51005])
  })

  it('is all of them if the kernel cannot do it', () => {
    const stage = startStage(false)
    stage.pass(50, 50)
    expect([stage.admitted.length, stage.clock.pending]).toEqual([1, 0])
  })

  it('says what the kernel has dropped, once', () => {
    const stage = startStage()
    stage.newlyDropped = 7
    stage.pass(50, 50)
    stage.pass(50, 0)
    expect(stage.dropped).toEqual([7])
  })
})
