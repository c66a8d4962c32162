import { once } from 'node:events'
import { expect, it } from '@jest/globals'
import { sipTrunk } from '../support/manifest-text.ts'
import { requestText, statusOf } from '../support/sip-text.ts'
import { startStandalone } from '../support/standalone-process.ts'
import { openDatagramPeer } from '../support/wire-socket.ts'

/** Calls, each with a line in the log. */
const CALLS = 50

it('a reader of the log that goes away stops no call', async () => {
  const peer = await openDatagramPeer('127.0.0.1')
  const ingress = await startStandalone({ manifests: [sipTrunk('carrier', { sources: ['127.0.0.1'] })] })
  ingress.child.stdout?.destroy()
  for (let call = 0; call < CALLS; call++) {
    const via = `SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bK-log-${call}`
    await peer.send(requestText({ via, callId: `log-${call}` }), ingress.udp)
    await peer.answer((text) => statusOf(text) === 503 && text.includes(`z9hG4bK-log-${call}\r`))
  }
  expect(ingress.child.exitCode).toBeNull()
  expect(
    await ingress.count('sip_dispatch_invites_total', { outcome: 'no_rule', trunk: 'default/carrier', status: '503' }),
  ).toBe(CALLS)
  peer.close()
  const exited = once(ingress.child, 'exit')
  ingress.child.kill('SIGINT')
  expect(await exited).toEqual([0, null])
  await ingress.stop()
})
