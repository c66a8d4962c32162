import { describe, expect, it } from '@jest/globals'
import { systemTimerHost } from '../../../../ingress/time/system-timer.ts'

describe("the system's timers", () => {
  it('fire once unless they are cancelled', async () => {
    const host = systemTimerHost()
    const fired: string[] = []
    const cancel = host.setTimer(1, () => fired.push('cancelled'))
    cancel()
    await new Promise<void>((resolve) => {
      host.setTimer(1.5, () => {
        fired.push('kept')
        resolve()
      })
    })
    await new Promise<void>((resolve) => host.setTimer(5, resolve))
    expect(fired).toEqual(['kept'])
  })

  it('tell a time that never goes back', () => {
    const host = systemTimerHost()
    const before = host.now()
    expect(host.now()).toBeGreaterThanOrEqual(before)
  })
})
