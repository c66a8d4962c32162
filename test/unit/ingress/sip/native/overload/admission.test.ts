import { describe, expect, it } from '@jest/globals'
import { type Admission, createAdmission } from '../../../../../../ingress/sip/native/overload/admission.ts'
import {
  ADMISSION_MS,
  LEAST_SHARE,
  MOST_CUT,
  SETTLING_LOOKS,
  SUSTAINED_LOOKS,
} from '../../../../../../ingress/sip/native/overload/limits.ts'
import type { InviteShare } from '../../../../../../ingress/sip/native/transport/datagram/invite-filter.ts'
import { FakeClock } from '../../../../../support/fake-clock.ts'

interface Stage {
  readonly clock: FakeClock
  readonly admission: Admission
  /** What the kernel was told to let in, in order. */
  readonly admitted: InviteShare[]
  readonly dropped: number[]
  isBehind: boolean
  queued: number
  /** The part of a core that the process uses. */
  core: number
  /** What the kernel has dropped since it was asked last. */
  newlyDropped: number
  /** Some INVITEs were handled and some left, and the share is looked at. */
  pass(handled: number, left: number): void
}

/** The process gets this part of a core while it is behind. */
const BUSY_CORE = 0.2

function startStage(canAdmit = true): Stage {
  const clock = new FakeClock()
  const admitted: InviteShare[] = []
  const dropped: number[] = []
  let cpuUsed = 0
  const admit = (share: InviteShare): boolean => {
    admitted.push(share)
    return canAdmit
  }
  const newlyDropped = (): number => {
    const { newlyDropped } = stage
    stage.newlyDropped = 0
    return newlyDropped
  }
  const admission = createAdmission({
    clock,
    intake: { admit, newlyDropped },
    isBehind: () => stage.isBehind,
    queued: () => stage.queued,
    cpuUsed: () => cpuUsed,
    onDropped: (datagrams) => dropped.push(datagrams),
  })
  const pass = (handled: number, left: number): void => {
    for (let i = 0; i < left; i++) admission.onLeft()
    for (let i = 0; i < handled; i++) admission.onHandled()
    cpuUsed += stage.core * ADMISSION_MS
    clock.advance(ADMISSION_MS)
  }
  const changing = { isBehind: true, queued: 0, core: BUSY_CORE, newlyDropped: 0 }
  const stage: Stage = { clock, admission, admitted, dropped, ...changing, pass }
  return stage
}

const shares = ({ admitted }: Stage): number[] => admitted.map(({ share }) => share)

/** The overload lasts until something is done. */
function overload(stage: Stage, handled: number, left: number): void {
  for (let i = 0; i < SUSTAINED_LOOKS; i++) stage.pass(handled, left)
}

function calm(stage: Stage, core: number): void {
  stage.isBehind = false
  stage.core = core
  for (let i = 0; i < SETTLING_LOOKS; i++) stage.pass(0, 0)
}

describe('the share of new calls that the kernel lets in', () => {
  it('is all of them, and nothing is looked at, while each INVITE that is read is handled', () => {
    const stage = startStage()
    for (let i = 0; i < 1000; i++) stage.admission.onHandled()
    expect([stage.clock.pending, stage.admitted]).toEqual([0, []])
  })

  it('is all of them after a stall that is over, and then nothing is looked at', () => {
    const stage = startStage()
    for (let stalls = 0; stalls < 10; stalls++) {
      for (let i = 1; i < SUSTAINED_LOOKS; i++) stage.pass(10, 90)
      stage.pass(50, 0)
    }
    expect([stage.clock.pending, stage.admitted]).toEqual([0, []])
  })

  it('becomes what could be handled, if the overload lasts', () => {
    const stage = startStage()
    overload(stage, 40, 60)
    expect(shares(stage)).toEqual([0.4])
  })

  it('loses no more than a part at once', () => {
    const stage = startStage()
    overload(stage, 0, 100)
    expect(shares(stage)).toEqual([MOST_CUT])
  })

  it('stays as it is while only that is left which had come before', () => {
    const stage = startStage()
    stage.queued = 1000
    overload(stage, 40, 60)
    for (let i = 0; i < 9; i++) {
      stage.queued -= 90
      stage.pass(40, 60)
    }
    expect(shares(stage)).toEqual([0.4])
  })

  it.each([1.5, 2, 4])('comes to rest where all that is read is handled, at %s times the capacity', (factor) => {
    const stage = startStage()
    const capacity = 100
    let [handled, lowest] = [0, 100]
    for (let i = 0; i < 200; i++) {
      const offered = factor * capacity * (shares(stage).at(-1) ?? 1)
      const done = Math.min(offered, capacity)
      stage.isBehind = offered >= capacity
      stage.core = (BUSY_CORE * done) / capacity
      stage.pass(done, Math.max(0, offered - capacity))
      if (i < 100) continue
      handled += done / 100
      lowest = Math.min(lowest, done)
    }
    expect(handled).toBeGreaterThan(97)
    expect(lowest).toBeGreaterThan(90)
    expect((shares(stage).at(-1) ?? 1) * factor).toBeCloseTo(1, 1)
  })

  it('stays as it is while INVITEs wait and each gets its answer', () => {
    const stage = startStage()
    overload(stage, 50, 50)
    for (let i = 0; i < 10; i++) stage.pass(50, 0)
    expect(shares(stage)).toEqual([0.5])
  })

  it('chooses the same calls as long as it is below 1, and others in the next overload', () => {
    const stage = startStage()
    overload(stage, 50, 50)
    stage.isBehind = false
    stage.core = 0
    for (let i = 0; i < 10; i++) stage.pass(10, 0)
    const seeds = () => new Set(stage.admitted.map(({ seed }) => seed))
    expect([seeds().size, shares(stage).at(-1)]).toEqual([1, 1])
    overload(stage, 50, 50)
    expect(seeds().size).toBe(2)
  })

  it('is all of them again a second after the worst overload, and then nothing is looked at', () => {
    const stage = startStage()
    for (let i = 0; i < 40; i++) stage.pass(0, 1000)
    expect(shares(stage).at(-1)).toBe(LEAST_SHARE)
    calm(stage, BUSY_CORE / 100)
    for (let waited = 0; waited < 1000; waited += ADMISSION_MS) stage.pass(0, 0)
    expect([shares(stage).at(-1), stage.clock.pending]).toEqual([1, 0])
  })

  it.each([
    ['little when hardly any time is idle', 0.19, 1 + (0.2 / 0.19 - 1) / 5],
    ['a fifth of itself when half of the time is idle', 0.1, 1.2],
    ['twofold when nearly all of the time is idle', 0.01, 2],
    ['by the smallest part when more of the core is used than before', 0.4, 1.01],
  ])('grows while nothing waits: %s', (_, core, factor) => {
    const stage = startStage()
    overload(stage, 40, 60)
    calm(stage, core)
    stage.pass(10, 0)
    expect(shares(stage).at(-1)).toBeCloseTo(0.4 * factor, 6)
  })

  it('is all of them if the kernel cannot do it', () => {
    const stage = startStage(false)
    overload(stage, 50, 50)
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
