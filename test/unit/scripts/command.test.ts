import { describe, expect, it } from '@jest/globals'
import { runQuietly } from '../../../scripts/command.mjs'

describe('a quiet command', () => {
  it('is stopped with all that it has started once nothing happens, and says why', async () => {
    const { code, output } = await runQuietly(['sh', '-c', 'echo begun; sleep 1000 & wait'], {
      label: 'sleeping',
      silenceMs: 2_000,
    })
    expect([code, output]).toEqual([137, 'begun\n\nsleeping: stopped, because nothing happened for 2 s\n'])
  })

  it('goes on however long it takes while something grows', async () => {
    let looks = 0
    const { code, output } = await runQuietly(['sh', '-c', 'sleep 1.5; echo done'], {
      label: 'growing',
      silenceMs: 400,
      grows: () => ++looks,
    })
    expect([code, output]).toEqual([0, 'done\n'])
  })

  it('is stopped where it works and only its output counts', async () => {
    const { code } = await runQuietly(['sh', '-c', 'while :; do :; done'], {
      label: 'turning',
      silenceMs: 2_000,
      outputOnly: true,
    })
    expect(code).toBe(137)
  })

  it('has code 127 where there is no such program', async () => {
    const { code, output } = await runQuietly(['sip-dispatch-no-such-program'], { label: 'none', silenceMs: 60_000 })
    expect([code, output]).toEqual([127, expect.stringContaining('ENOENT')])
  })
})
