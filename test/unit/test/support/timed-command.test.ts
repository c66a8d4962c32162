import { expect, it } from '@jest/globals'
import { runTimed } from '../../../support/timed-command.ts'

const sh = (script: string, limitMs: number) => runTimed({ program: 'sh', args: ['-c', script], input: 'in', limitMs })

it('returns what a command printed, and its exit code', async () => {
  expect(await sh('cat; echo err >&2; exit 3', 60_000)).toEqual({ code: 3, stdout: 'in', stderr: 'err\n' })
})

it('says of a command that it was stopped, after how long, and what it had printed by then', async () => {
  const { code, stdout, stderr } = await sh('echo half; echo warned >&2; sleep 600', 2_000)
  expect({ code, stdout }).toEqual({ code: null, stdout: 'half\n' })
  expect(stderr).toMatch(/^warned\nCOMMAND_STOPPED: sh -c .*: stopped after 2000 ms; it had printed: half\n$/)
}, 60_000)

it('rejects where the command cannot be started', async () => {
  await expect(runTimed({ program: '/nowhere/at-all', args: [], limitMs: 60_000 })).rejects.toThrow('ENOENT')
})
