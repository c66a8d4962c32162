import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { runCommand } from '../support/command-line.ts'
import { manifestText, sipTrunk } from '../support/manifest-text.ts'

describe('standalone does not start, and says why', () => {
  let folder = ''

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-start-'))
    writeFileSync(join(folder, 'trunk.json'), manifestText([sipTrunk('carrier', { sources: ['192.0.2.1'] })]))
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  const start = (rules: string, ...more: readonly string[]) =>
    runCommand(['standalone', '--rules', rules, '--http', '127.0.0.1:0', '--listen', 'udp://127.0.0.1:0', ...more])

  it('where another socket has the UDP port', async () => {
    const taken = createSocket('udp4')
    taken.bind(0, '127.0.0.1')
    await once(taken, 'listening')
    const url = `udp://127.0.0.1:${taken.address().port}`
    const { code, output, errors } = await start(folder, '--listen', url)
    taken.close()
    expect(code).toBe(1)
    expect(errors).toBe(
      `error: cannot listen on ${url}: EADDRINUSE; another socket has this address and port: stop that process or listen on another port (listen-failed)\n`,
    )
    expect(output).not.toMatch(/"(listening|serving)"/)
  })

  it('where another socket has the TCP port', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const bound = taken.address()
    const url = `tcp://127.0.0.1:${bound !== null && typeof bound === 'object' ? bound.port : 0}`
    const { code, errors } = await start(folder, '--listen', url)
    taken.close()
    expect(code).toBe(1)
    expect(errors).toMatch(new RegExp(`^error: cannot listen on ${url}: EADDRINUSE; .*\\(listen-failed\\)\n$`))
  })

  it('where no interface has the address', async () => {
    const { code, errors } = await start(folder, '--listen', 'udp://192.0.2.1:0')
    expect(code).toBe(1)
    expect(errors).toContain('cannot listen on udp://192.0.2.1:0: EADDRNOTAVAIL; no interface of this machine has')
  })

  it('where the folder is missing', async () => {
    const missing = join(folder, 'missing')
    const { code, errors } = await start(missing)
    expect(code).toBe(2)
    expect(errors).toBe(`error: --rules: "${missing}" is not a folder that can be read\n`)
  })

  it('where the folder holds no manifest', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'sip-dispatch-empty-'))
    const { code, errors } = await start(empty)
    rmSync(empty, { recursive: true })
    expect(code).toBe(2)
    expect(errors).toBe(`error: ${empty} holds no manifest: put *.yaml, *.yml or *.json files there (no_manifests)\n`)
  })

  it('where a flag is unknown, and names the one that may be meant', async () => {
    const { code, errors } = await start(folder, '--rule-serie', '5')
    expect(code).toBe(2)
    expect(errors).toContain("error: unknown option '--rule-serie'")
    expect(errors).toContain('Did you mean --rule-series?')
  })

  it('where a trunk names a network that is none, with file, line and field', async () => {
    const bad = mkdtempSync(join(tmpdir(), 'sip-dispatch-bad-'))
    const trunk = sipTrunk('carrier', { sources: ['10.0.0.1/33'] })
    writeFileSync(join(bad, 'trunk.json'), JSON.stringify(trunk, undefined, 1))
    const { code, errors } = await start(bad)
    rmSync(bad, { recursive: true })
    expect(code).toBe(1)
    expect(errors).toMatch(/^error: \S+\/trunk\.json:9: spec\.sources\[0\]: 10\.0\.0\.1\/33 is not a network/m)
  })

  it('where a file is no YAML, with the line', async () => {
    const bad = mkdtempSync(join(tmpdir(), 'sip-dispatch-bad-'))
    writeFileSync(join(bad, 'trunk.yaml'), 'kind: SipTrunk\nspec: [1, 2\n')
    const { code, errors } = await start(bad)
    rmSync(bad, { recursive: true })
    expect(code).toBe(1)
    expect(errors).toMatch(/^error: \S+\/trunk\.yaml:[23]: is not YAML: /m)
  })
})
