import { expect, it } from '@jest/globals'
import { runScript } from '../support/command-line.ts'

it('npm run demo:seed shows the reported call beside ours, which has one final response and no ringing', async () => {
  const { code, output, errors } = await runScript('scripts/demo-seed.ts')
  expect([code, errors]).toEqual([0, ''])
  const [, ...rows] = output.split('\n')
  const column = rows.indexOf('')
  const ladders = rows.slice(0, column)
  const width = Math.max(...ladders.map((row) => row.indexOf('|', row.indexOf('|') + 1))) + 1
  const theirs = ladders.map((row) => row.slice(0, width)).join('\n')
  const ours = ladders.map((row) => row.slice(width)).join('\n')
  expect(theirs).toMatch(/INVITE.*100 Trying.*180 Ringing.*sends nothing.*13100\.0 ms .*CANCEL/s)
  expect(ours.match(/<-+ (\d{3} [\w ]+?) -/g)).toEqual([expect.stringContaining('503 Service Unavailable')])
  expect(ours).toMatch(/INVITE.*503.*ACK/s)
  expect(output).toMatch(/log: \{"outcome":"no_rule","status":503,"trunk":"default\/local"/)
})
