import { describe, expect, it } from '@jest/globals'
import { createOpenTally } from '../../../../bench/overload/open-tally.ts'

const always = () => true
const refusal = { status: 503, milliseconds: 3, overload: false }

describe('the tally of refused calls', () => {
  it('counts a 503 in time as goodput, and a later one as late only', () => {
    const tally = createOpenTally('refused', 2, always)
    tally.answered(refusal)
    tally.answered({ ...refusal, milliseconds: 500 })
    tally.answered({ ...refusal, milliseconds: 500.1 })
    expect(tally.result()).toMatchObject({ seconds: 2, well: 2, wellInTime: 2, late: 1, shed: 0, unexpected: {} })
  })

  it('counts a 503 for overload as shed, which is an answer all the same', () => {
    const tally = createOpenTally('refused', 1, always)
    tally.answered({ ...refusal, overload: true })
    expect(tally.result()).toMatchObject({ well: 1, shed: 1 })
  })

  it('counts every other answer as unexpected, and a call hung up after it as nothing', () => {
    const tally = createOpenTally('refused', 1, always)
    tally.answered({ ...refusal, status: 404 })
    tally.answered({ ...refusal, status: 200 })
    tally.hungUp(200, 3)
    expect(tally.result()).toMatchObject({ well: 0, unexpected: { 200: 1, 404: 1 } })
  })
})

describe('the tally of forwarded calls', () => {
  it('counts a call as goodput once it is hung up, however late its answer was', () => {
    const tally = createOpenTally('forwarded', 1, always)
    for (const milliseconds of [20, 1700]) {
      tally.answered({ status: 200, milliseconds, overload: false })
      tally.hungUp(200, milliseconds)
    }
    tally.answered({ status: 200, milliseconds: 30, overload: false })
    expect(tally.result()).toMatchObject({ well: 2, wellInTime: 1, late: 1, unexpected: {} })
  })

  it('counts a 503 as shed and not as goodput, and a BYE that fails as unexpected', () => {
    const tally = createOpenTally('forwarded', 1, always)
    tally.answered(refusal)
    tally.answered({ status: 408, milliseconds: 30, overload: false })
    tally.hungUp(481, 4)
    expect(tally.result()).toMatchObject({ well: 0, shed: 1, unexpected: { 408: 1, 481: 1 } })
  })
})

describe('any tally', () => {
  it('counts nothing outside its window', () => {
    let open = false
    const tally = createOpenTally('refused', 1, () => open)
    const all = () => {
      tally.count('started')
      tally.count('lost')
      tally.answered(refusal)
      tally.behind(9)
    }
    all()
    expect(tally.result()).toMatchObject({ started: 0, lost: 0, well: 0, behind: 0, latency: { max: 0 } })
    open = true
    all()
    expect(tally.result()).toMatchObject({ started: 1, lost: 1, well: 1, behind: 9, latency: { max: 3 } })
  })

  it('knows the middle and the 99th percentile of the times to the final answer', () => {
    const tally = createOpenTally('refused', 1, always)
    for (let i = 101; i >= 1; i--) tally.answered({ ...refusal, milliseconds: i })
    expect(tally.result().latency).toEqual({ p50: 51, p99: 100, max: 101 })
  })
})
