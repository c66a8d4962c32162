import { join } from 'node:path'
import { expect, it } from '@jest/globals'
import { describeWith } from '../support/real-part.ts'
import { startSipBackend } from '../support/sip-backend.ts'
import { runSipp } from '../support/sipp.ts'

const SCENARIOS = join(import.meta.dirname, 'scenarios')
const CALLER = join(SCENARIOS, 'uac-expect-200.xml')
const BACKEND = join(SCENARIOS, 'uas-answer-200.xml')

describeWith(['sipp'], 'sipp as caller and as backend', () => {
  it.each([
    { transport: 'UDP', address: '127.0.0.1', mode: 'u1' },
    { transport: 'TCP', address: '127.0.0.1', mode: 't1' },
    { transport: 'UDP', address: '::1', mode: 'u1' },
  ] as const)('complete a call over $transport at $address', async ({ transport, address, mode }) => {
    const backend = await startSipBackend({ scenario: BACKEND, transport, address })
    const host = address === '::1' ? '[::1]' : address
    const args = [`${host}:${backend.port}`, '-i', address, '-t', mode, '-m', '1', '-s', '+15551234567']
    const caller = await runSipp({ scenario: CALLER, args })
    const served = await backend.stop()
    expect(caller).toMatchObject({ exitCode: 0, errors: '' })
    expect(caller.stats.get('SuccessfulCall(C)')).toBe('1')
    expect(served.stats.get('SuccessfulCall(C)')).toBe('1')
    const heard = served.messages
      .filter(({ direction }) => direction === 'received')
      .map(({ text }) => text.split(' ')[0])
    expect(heard).toEqual(['INVITE', 'ACK', 'BYE'])
  })

  it('report a call that got another answer than the scenario expects', async () => {
    const backend = await startSipBackend({ scenario: join(SCENARIOS, 'uas-reject-486.xml') })
    const args = [`127.0.0.1:${backend.port}`, '-i', '127.0.0.1', '-m', '1', '-s', '+15551234567']
    const caller = await runSipp({ scenario: CALLER, args })
    await backend.stop()
    expect(caller.exitCode).toBe(1)
    expect(caller.errors).toContain('486')
  })

  it('are killed when a scenario takes too long', async () => {
    const run = runSipp({ scenario: BACKEND, args: ['-i', '127.0.0.1', '-m', '1'], timeoutMs: 300 })
    await expect(run).rejects.toThrow('SIPP_TIMEOUT')
  })
})
