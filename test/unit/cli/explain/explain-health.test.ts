import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { runCommand } from '../../../support/command-line.ts'
import { dispatchRule, manifestText, routeTo, sipTrunk } from '../../../support/manifest-text.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-explain-'))
  const rule = dispatchRule('both', '+15550000001', routeTo(['sip:10.0.0.5', 'sip:10.0.0.6']))
  writeFileSync(join(folder, 'manifests.json'), manifestText([sipTrunk('acme', { sources: ['203.0.113.7'] }), rule]))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Explains a call with this text as the page of the pod. */
function explained(page: string) {
  const file = join(folder, 'page.txt')
  writeFileSync(file, page)
  const call = ['--to', '+15550000001', '--from', '+15550000002', '--source', '203.0.113.7']
  return runCommand(['explain', '--rules', join(folder, 'manifests.json'), ...call, '--backends', file])
}

const DOWN = {
  ...{ address: 'udp:10.0.0.5:5060', backends: ['sip:10.0.0.5', 'sip:10.0.0.5:5060'], down: 'timeout' },
  ...{ downForMs: 10, retryInMs: 3_100, ejections: 1, share: 1 },
}

describe('what a pod knows of the backends of a call', () => {
  it('says who would be passed over, why, and when the next call tries it', async () => {
    const other = { ...DOWN, address: 'udp:10.0.0.9:5060', backends: ['sip:10.0.0.9'] }
    const { code, output } = await explained(JSON.stringify([DOWN, other]))
    expect(code).toBe(0)
    expect(output).toContain(
      'backends that the pod passes over: they come after all others\n  sip:10.0.0.5 at udp:10.0.0.5:5060: timeout; the next call tries it in 4 s\n\n',
    )
    expect(output).not.toContain('10.0.0.9')
  })

  it('says none where all are used, slow starts too', async () => {
    const { down: _down, ...back } = DOWN
    expect((await explained(JSON.stringify([back]))).output).toContain('after all others\n  none\n')
  })

  it.each([
    ['no JSON', 'not ready', 'JSON'],
    ['another page', '{}', 'it is not as /backends of a pod says it'],
    ['a list of something else', '[{"address": 1}]', '0.address is not as /backends of a pod says it'],
  ])('is refused where the file is %s', async (_what, page, why) => {
    const { code, errors } = await explained(page)
    expect(code).toBe(2)
    expect(errors).toContain('--backends: ')
    expect(errors).toContain(why)
    expect(errors).toContain('save the page /backends of a pod')
  })
})
