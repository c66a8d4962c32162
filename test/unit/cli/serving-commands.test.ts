import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { runCommand, startCommand } from '../../support/command-line.ts'

const MANIFESTS = `
apiVersion: sipdispatch.dev/v1alpha1
kind: SipTrunk
metadata: {name: acme}
spec: {sources: [203.0.113.0/24]}
---
apiVersion: sipdispatch.dev/v1alpha1
kind: DispatchRule
metadata: {name: reject}
spec: {action: {type: Reject, reject: {status: 404, reason: Not Found}}}
`

type Child = ChildProcessByStdio<null, Readable, Readable>

let folder = ''
const started: Child[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-standalone-'))
  writeFileSync(join(folder, 'rules.yaml'), MANIFESTS)
})

afterEach(() => {
  for (const child of started.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

const ANY_PORTS = ['--listen', 'udp://127.0.0.1:0', '--listen', 'tcp://127.0.0.1:0', '--http', '127.0.0.1:0']

interface Serving {
  readonly child: Child
  readonly listening: readonly string[]
  readonly http: string
  readonly version: string
}

/** Resolves once the process says that it serves. */
async function serve(): Promise<Serving> {
  const child = startCommand(['standalone', '--rules', folder, ...ANY_PORTS])
  started.push(child)
  const lines = createInterface(child.stdout)
  for await (const line of lines) {
    const fields: Omit<Serving, 'child'> & { msg: string } = JSON.parse(line)
    if (fields.msg === 'serving') return { ...fields, child }
  }
  throw new Error('it ended before it served')
}

describe('standalone', () => {
  it('serves SIP and HTTP on the addresses that it names, ready from the start', async () => {
    const { http, listening } = await serve()
    expect(listening).toEqual([
      expect.stringMatching(/^udp:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/),
    ])
    const [readiness, metrics] = await Promise.all([fetch(`${http}/readyz`), fetch(`${http}/metrics`)])
    expect(readiness.status).toBe(200)
    expect(await metrics.text()).toContain('sip_dispatch_route_table_entries 2\n')
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 on %s', async (signal) => {
    const { child } = await serve()
    const exited = once(child, 'exit')
    child.kill(signal)
    expect(await exited).toEqual([0, null])
  })

  it('ends with 1 and names the address where a port is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const bound = taken.address()
    const port = typeof bound === 'object' ? bound?.port : undefined
    const { code, errors } = await runCommand([
      'standalone',
      '--rules',
      folder,
      ...ANY_PORTS,
      '--http',
      `127.0.0.1:${port}`,
    ])
    taken.close()
    expect(code).toBe(1)
    expect(errors).toBe(
      `error: cannot listen for HTTP on 127.0.0.1:${port}: the address is in use; choose another with --http (http-listen-failed)\n`,
    )
  })

  it('ends with 1 and names file, line and field of a manifest that it cannot use', async () => {
    writeFileSync(join(folder, 'rules.yaml'), MANIFESTS.replace('sources', 'source'))
    const { code, errors } = await runCommand(['standalone', '--rules', folder, ...ANY_PORTS])
    expect(code).toBe(1)
    expect(errors).toContain(`error: ${join(folder, 'rules.yaml')}:5: spec.source: unknown field (expected sources)`)
  })
})
