/** A process on each kind of datagram sockets: what it says of them, that calls get through, and how it ends where there are none. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { runCommand } from '../support/command-line.ts'
import { parseExposition } from '../support/exposition-text.ts'
import { dispatchRule, manifestText, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { requestText, responseText, statusOf } from '../support/sip-text.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { type DatagramPeer, openDatagramPeer } from '../support/wire-socket.ts'

const PEER = '127.0.0.1'
const NUMBER = '+15551234567'

/** Node loads no native library with this flag. */
const NO_LIBRARIES = { NODE_OPTIONS: '--no-addons' }

const TRUNK = sipTrunk('carrier', { sources: [PEER] })

const ends: (() => unknown)[] = []

afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()))
})

async function newPeer(): Promise<DatagramPeer> {
  const peer = await openDatagramPeer(PEER)
  ends.push(() => peer.close())
  return peer
}

async function start(backend: DatagramPeer, flags: string[], environment = {}): Promise<StandaloneProcess> {
  const route = dispatchRule('route', NUMBER, routeTo([`sip:${PEER}:${backend.port}`]))
  const ingress = await startStandalone({ manifests: [TRUNK, route], flags, environment })
  ends.push(() => ingress.stop())
  return ingress
}

/** A call of the peer, which the backend answers. Returns the status that the peer gets. */
async function call(ingress: StandaloneProcess, backend: DatagramPeer): Promise<number> {
  const peer = await newPeer()
  const invite = requestText({
    via: `SIP/2.0/UDP ${PEER}:${peer.port};branch=z9hG4bK-datagrams`,
    contact: `<sip:caller@${PEER}:${peer.port}>`,
  })
  await peer.send(invite, ingress.udp)
  const forwarded = await backend.answer((text) => text.startsWith('INVITE '))
  await backend.send(responseText(forwarded, 200, { extra: [`Contact: <sip:${PEER}:${backend.port}>`] }), ingress.udp)
  return statusOf(await peer.answer((text) => statusOf(text) === 200))
}

async function datagramsLabel(ingress: StandaloneProcess): Promise<string | undefined> {
  const samples = parseExposition(await ingress.metrics()).flatMap((metric) => metric.samples)
  return samples.find(({ name }) => name === 'sip_dispatch_build_info')?.labels['datagrams']
}

describe('a process', () => {
  it.each([
    ['batched', ['--datagrams', 'batched'], {}, undefined],
    ['node', ['--datagrams', 'node'], {}, undefined],
    ['batched', ['--datagrams', 'auto'], {}, undefined],
    ['node', ['--datagrams', 'auto'], NO_LIBRARIES, expect.stringMatching(/addon/i)],
  ])('has %s datagrams with %j and %j, says so, and forwards a call', async (kind, flags, environment, reason) => {
    const backend = await newPeer()
    const ingress = await start(backend, flags, environment)
    const { datagrams, reason: told } = await ingress.said(({ msg }) => msg === 'datagram sockets')
    expect({ datagrams, reason: told }).toEqual({ datagrams: kind, reason })
    expect(await datagramsLabel(ingress)).toBe(kind)
    expect(await call(ingress, backend)).toBe(200)
    expect(ingress.log.filter(({ code }) => code === 'batched-datagrams-failed')).toEqual([])
  })

  it('does not start where batched datagrams are wanted and cannot be had, and says what to do', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-datagrams-'))
    ends.push(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'trunk.json'), manifestText([TRUNK]))
    const flags = ['--rules', folder, '--http', '127.0.0.1:0', '--listen', 'udp://127.0.0.1:0']
    const { code, output, errors } = await runCommand(['standalone', ...flags, '--datagrams', 'batched'], NO_LIBRARIES)
    expect(code).toBe(1)
    expect(errors).toMatch(
      /^error: batched datagrams cannot be used here: .*addon.*; use --datagrams auto or --datagrams node \(batched-datagrams-unavailable\)\n$/i,
    )
    expect(output).not.toMatch(/"(listening|serving)"/)
  })
})
