import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { until } from '../support/cache-parts.ts'
import { runCommand } from '../support/command-line.ts'
import { type DrachtioServer, startDrachtioServer } from '../support/drachtio-server.ts'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { methodOf, requestText } from '../support/sip-text.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'

const NUMBER = '+15551234567'
const SIX = '+15551234566'
const MANIFESTS = [
  sipTrunk('carrier', { sources: ['198.51.100.0/24'] }),
  dispatchRule('route', NUMBER, routeTo(['sip:10.0.0.1:5080'])),
  dispatchRule('six', SIX, routeTo(['sip:[2001:db8::1]:5080'])),
]

describe('a process with the drachtio engine', () => {
  let server: DrachtioServer
  let ingress: StandaloneProcess
  let folder = ''

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-secret-'))
    server = await startDrachtioServer({ secret: 'from the file' })
  })

  afterEach(async () => {
    await ingress.stop()
    await server.close()
    rmSync(folder, { recursive: true })
  })

  async function start(secret: string): Promise<void> {
    ingress = await startStandalone({
      until: 'listening',
      manifests: MANIFESTS,
      listen: [],
      flags: ['--engine', 'drachtio', '--drachtio', `tcp://127.0.0.1:${server.port}`, '--drachtio-secret-file', secret],
    })
  }

  async function ready(): Promise<void> {
    await until(async () => (await ingress.readiness())[0] === 200)
    await until(() => server.routes().length === 8)
  }

  it('binds no address of its own, decides what the server hands over, and counts it', async () => {
    await start(secretFile('from the file'))
    await ready()
    expect(ingress.listening).toEqual([])
    const refused = server.receive(requestText({ uri: 'sip:+44123@192.0.2.1' }))
    const stranger = server.receive(requestText({ callId: 'stranger' }), { address: '203.0.113.9' })
    const routed = server.receive(requestText({ callId: 'routed' }))
    await until(() => server.sent.some(({ method }) => method === 'INVITE'))
    const [invite] = server.sent
    if (invite) server.answer(invite, 486)
    await until(() => [refused, stranger, routed].every(({ statuses }) => statuses().length === 2))
    expect([refused, stranger, routed].map(({ statuses }) => statuses()[1])).toEqual([503, 503, 486])
    const trunk = 'default/carrier'
    await ingress.counted('sip_dispatch_invites_total', { outcome: 'no_rule', trunk, status: '503' }, 1)
    await ingress.counted('sip_dispatch_invites_total', { outcome: 'auth_drop', trunk: '', status: '503' }, 1)
    await ingress.counted('sip_dispatch_invites_total', { outcome: 'forwarded', trunk, status: '486' }, 1)
    expect(await ingress.metrics()).toMatch(/^sip_dispatch_build_info\{.*engine="drachtio".*\} 1$/m)
  })

  it('passes IPv6 backends over, and says it in log and metric', async () => {
    await start(secretFile('from the file'))
    await ready()
    const caller = server.receive(requestText({ uri: `sip:${SIX}@192.0.2.1` }))
    await until(() => caller.statuses().length === 2)
    expect([caller.statuses(), server.sent]).toEqual([[100, 503], []])
    const labels = { backend: 'sip:[2001:db8::1]:5080', result: 'passed_over' }
    await ingress.counted('sip_dispatch_backend_requests_total', labels, 1)
    await ingress.said(({ code, reason }) => code === 'drachtio-ipv6-backend' && /-backends try$/.test(String(reason)))
    await ingress.said(({ outcome, reason }) => outcome === 'no_backend' && /IPv6/.test(String(reason)))
  })

  it('is not ready without its server, and says why', async () => {
    await start(secretFile('another'))
    await ingress.said((line) => line['code'] === 'drachtio-secret-refused')
    const [status, text] = await ingress.readiness()
    expect([status, text]).toEqual([503, expect.stringContaining('refuses the secret')])
  })

  it('drains and ends as told: a call that rings gets its 503', async () => {
    await start(secretFile('from the file'))
    await ready()
    const caller = server.receive(requestText())
    await until(() => server.sent.some(({ text }) => methodOf(text) === 'INVITE'))
    expect(await ingress.stop('SIGINT')).toEqual([0, null])
    await until(() => caller.statuses().length === 2)
    expect(caller.statuses()).toEqual([100, 503])
  })

  function secretFile(secret: string): string {
    const file = join(folder, 'secret')
    writeFileSync(file, `${secret}\n`)
    return file
  }
})

it('says what the engine lacks before it starts', async () => {
  const { code, errors } = await runCommand(['standalone', '--rules', '.', '--engine', 'drachtio'])
  expect([code, errors]).toEqual([2, expect.stringContaining('--drachtio: must be given with --engine drachtio')])
})
