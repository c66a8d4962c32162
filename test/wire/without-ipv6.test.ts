/** A pod on a node whose kernel has no IPv6 (ipv6.disable=1), started with the addresses that the chart gives to every pod. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { startCommandWithoutIpv6 } from '../support/command-line.ts'
import { dispatchRule, manifestText, sipTrunk } from '../support/manifest-text.ts'
import { describeWith } from '../support/real-part.ts'
import { requestText, statusOf } from '../support/sip-text.ts'
import { openDatagramPeer } from '../support/wire-socket.ts'

const TEST_LIMIT_MS = 120_000

const EVERY_ADDRESS = ['udp://0.0.0.0:0', 'tcp://0.0.0.0:0', 'udp://[::]:0', 'tcp://[::]:0']

describeWith(['a kernel that can hide IPv6'], 'without IPv6', () => {
  let folder: string
  let child: ReturnType<typeof startCommandWithoutIpv6>

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-without-ipv6-'))
    const rule = dispatchRule('busy', '+15550000801', { type: 'Reject', reject: { status: 486 } })
    writeFileSync(join(folder, 'rules.yaml'), manifestText([sipTrunk('carrier', { sources: ['127.0.0.1'] }), rule]))
  })

  afterEach(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGINT')
      await once(child, 'exit')
    }
    rmSync(folder, { recursive: true })
  })

  const start = (listen: readonly string[], http = '[::]:0') => {
    const where = listen.flatMap((address) => ['--listen', address])
    child = startCommandWithoutIpv6(['standalone', '--rules', folder, '--http', http, ...where])
    return child
  }

  it(
    'every address is every IPv4 address, for SIP as for metrics, and the log says what is left out',
    async () => {
      const child = start(EVERY_ADDRESS)
      const lines: Record<string, unknown>[] = []
      for await (const line of createInterface(child.stdout)) {
        lines.push(JSON.parse(line))
        if (lines.at(-1)?.['msg'] === 'serving') break
      }
      const serving = lines.at(-1)
      const [, http] = /^http:\/\/0\.0\.0\.0:(\d+)$/.exec(String(serving?.['http'])) ?? []
      const [, udp] = /^udp:\/\/0\.0\.0\.0:(\d+),tcp:\/\/0\.0\.0\.0:\d+$/.exec(String(serving?.['listening'])) ?? []
      expect((await fetch(`http://127.0.0.1:${http}/livez`)).status).toBe(200)
      const peer = await openDatagramPeer('127.0.0.1')
      const via = `SIP/2.0/UDP ${peer.address}:${peer.port};branch=z9hG4bK-1`
      await peer.send(requestText({ uri: 'sip:+15550000801@127.0.0.1', via, callId: 'one' }), Number(udp))
      expect(statusOf(await peer.answer((answer) => statusOf(answer) >= 200))).toBe(486)
      peer.close()
      const left = lines.filter(({ code }) => code === 'address-family-missing')
      expect(left.map(({ reason }) => String(reason))).toEqual([
        expect.stringContaining('udp://[::]:0: EAFNOSUPPORT'),
        expect.stringContaining('tcp://[::]:0: EAFNOSUPPORT'),
      ])
    },
    TEST_LIMIT_MS,
  )

  it.each([
    [
      'nothing else is listened on',
      ['udp://[::]:0'],
      '[::]:0',
      /cannot listen on udp:\/\/\[::\]:0: EAFNOSUPPORT; this ma/,
    ],
    [
      'an address of it is named for SIP',
      ['udp://0.0.0.0:0', 'udp://[::1]:0'],
      '[::]:0',
      /listen on udp:\/\/\[::1\]:0: EAF/,
    ],
    [
      'an address of it is named for metrics',
      EVERY_ADDRESS,
      '[::1]:0',
      /cannot listen for HTTP on \[::1\]:0: .*EAFNOSUPP/,
    ],
  ])('there is no start where %s', async (_, listen, http, says) => {
    const child = start(listen, http)
    const [errors] = await Promise.all([text(child.stderr), text(child.stdout), once(child, 'exit')])
    expect({ code: child.exitCode, errors }).toEqual({ code: 1, errors: expect.stringMatching(says) })
  })
})
