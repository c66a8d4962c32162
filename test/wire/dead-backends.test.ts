/** What log line and metric say of backends that do not take calls, and when they do again. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type AnsweringBackend, openAnsweringBackend } from '../support/answering-backend.ts'
import { sampleValue } from '../support/exposition-text.ts'
import { freePort } from '../support/loopback-port.ts'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import type { LogLine } from '../support/serving-process.ts'
import { requestText } from '../support/sip-text.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { type DatagramPeer, openDatagramPeer } from '../support/wire-socket.ts'

const UP = 'sip_dispatch_backend_up'
const [DEAD, SILENT, BUSY, FAILOVER] = ['+15550000001', '+15550000002', '+15550000003', '+15550000004']
const [UNTRIED, LEAVING] = ['+15550000005', '+15550000006']

describe('a backend that takes no calls', () => {
  let ingress: StandaloneProcess
  let peer: DatagramPeer
  let silent: AnsweringBackend
  let busy: AnsweringBackend
  let good: AnsweringBackend
  let manifests: readonly object[]
  let deadPort = 0
  let dead = ''
  /** Dead as well, and known to the rule with three backends only: nobody has found it out before. */
  let deadFirst = ''
  let calls = 0

  beforeAll(async () => {
    deadPort = await freePort('127.0.0.1')
    dead = `sip:127.0.0.1:${deadPort}`
    deadFirst = `sip:127.0.0.1:${await freePort('127.0.0.1')}`
    silent = await openAnsweringBackend(0, 0)
    busy = await openAnsweringBackend(0, 503)
    good = await openAnsweringBackend(0, 200)
    const route = (...uris: string[]) => routeTo(uris, { timeouts: { backend: '1s' } })
    manifests = [
      sipTrunk('carrier', { sources: ['127.0.0.1'] }),
      dispatchRule('dead', DEAD, route(dead)),
      dispatchRule('silent', SILENT, route(silent.uri)),
      dispatchRule('busy', BUSY, route(busy.uri)),
      dispatchRule('failover', FAILOVER, route(deadFirst, silent.uri, good.uri)),
      dispatchRule('untried', UNTRIED, route('sip:127.0.0.1:9')),
    ]
    const leaving = dispatchRule('leaving', LEAVING, route(`${dead};transport=tcp`))
    ingress = await startStandalone({ manifests: [...manifests, leaving] })
    peer = await openDatagramPeer('127.0.0.1')
  })

  afterAll(async () => {
    peer.close()
    silent.close()
    busy.close()
    good.close()
    await ingress.stop()
  })

  /** The log line of a call that is made now. */
  async function lineOf(number: string): Promise<LogLine> {
    const callId = `dead-${++calls}`
    const via = `SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bK-${callId}`
    await peer.send(requestText({ uri: `sip:${number}@127.0.0.1`, via, callId }), ingress.udp)
    return ingress.said(({ msg, callId: told }) => msg === 'call decided' && told === callId)
  }

  const upOf = async (backend: string) => sampleValue(await ingress.metrics(), UP, { backend })

  it('has no series before a call has tried it', async () => {
    expect(await upOf('sip:127.0.0.1:9')).toBe(undefined)
  })

  it('is down when a call has found nobody there, and up again when one is answered', async () => {
    const refused = await lineOf(DEAD)
    expect(refused).toMatchObject({ outcome: 'no_backend', backend: '' })
    expect(refused['attempts']).toEqual([{ backend: dead, result: 'transport', status: 0, ms: expect.any(Number) }])
    expect(await upOf(dead)).toBe(0)
    const back = await openAnsweringBackend(deadPort, 200)
    expect(await lineOf(DEAD)).toMatchObject({ outcome: 'forwarded', backend: dead })
    expect(await upOf(dead)).toBe(1)
    back.close()
  })

  it('is down when a call has heard nothing of it, and up again when it refuses one', async () => {
    expect((await lineOf(SILENT))['attempts']).toMatchObject([{ backend: silent.uri, result: 'timeout', status: 0 }])
    expect(await upOf(silent.uri)).toBe(0)
    silent.status = 486
    expect(await lineOf(SILENT)).toMatchObject({ outcome: 'forwarded', status: 486 })
    expect(await upOf(silent.uri)).toBe(1)
    silent.status = 0
  })

  it('is down when it sends 503, and up again when it answers', async () => {
    expect((await lineOf(BUSY))['attempts']).toMatchObject([{ backend: busy.uri, result: 'refused', status: 503 }])
    expect(await upOf(busy.uri)).toBe(0)
    busy.status = 200
    expect(await lineOf(BUSY)).toMatchObject({ outcome: 'forwarded', status: 200 })
    expect(await upOf(busy.uri)).toBe(1)
  })

  it('stands in the line of the call that another has taken', async () => {
    const line = await lineOf(FAILOVER)
    expect(line).toMatchObject({ outcome: 'forwarded', backend: good.uri })
    expect(line['attempts']).toMatchObject([
      { backend: deadFirst, result: 'transport', status: 0 },
      { backend: silent.uri, result: 'timeout', status: 0 },
      { backend: good.uri, result: 'answered', status: 200 },
    ])
  })

  it('takes its series away when the table has it no more', async () => {
    const gone = `${dead};transport=tcp`
    expect((await lineOf(LEAVING))['attempts']).toMatchObject([{ backend: gone, result: 'transport' }])
    expect(await upOf(gone)).toBe(0)
    await ingress.apply('manifests.json', manifests)
    expect(await ingress.metrics()).not.toContain(gone)
  })
})
