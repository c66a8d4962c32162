/** A backend by name in a cluster: what the author reads while it does not resolve, and that pods find it by themselves. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { type KnotServer, startKnot } from '../support/knot-server.ts'
import { dispatchRule, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { eventually } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { methodOf, responseText } from '../support/sip-text.ts'

const TEST_LIMIT_MS = 600_000
const NUMBER = '+15550000700'

describeWith(['kubernetes', 'redis', 'knot'], 'a backend by name in a cluster', () => {
  let knot: KnotServer
  let cluster: Cluster
  let backend: Socket

  beforeAll(async () => {
    backend = createSocket('udp4')
    backend.on('message', (bytes, from) => {
      const text = bytes.toString('latin1')
      if (methodOf(text) !== 'ACK') backend.send(responseText(text, 200), from.port, from.address)
    })
    backend.bind(0, '127.0.0.1')
    await once(backend, 'listening')
    knot = await startKnot({ 'example.test': ['other A 192.0.2.1'] })
    cluster = await startCluster(undefined, { flags: ['--resolver', knot.address, '--allow-resolved', '127.0.0.0/8'] })
    await cluster.operator({ flags: ['--resolver', knot.address] })
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await cluster.stop()
    await knot.stop()
    backend.close()
  }, TEST_LIMIT_MS)

  const message = async (): Promise<string> =>
    (await cluster.condition('drule/named', 'ResolvedRefs'))?.message ?? 'no condition yet'

  const says = async (holds: (text: string) => boolean): Promise<string> => {
    let last = ''
    return eventually(
      async () => {
        last = await message()
        return holds(last) ? last : undefined
      },
      () => `ResolvedRefs says: ${last}`,
    )
  }

  it(
    'warns in its status while the name does not resolve, and takes calls when it does',
    async () => {
      const uri = `sip:pbx.example.test:${backend.address().port}`
      await cluster.apply(
        sipTrunk('carrier', { sources: ['127.0.0.1'] }),
        dispatchRule('named', NUMBER, routeTo([uri])),
      )
      const warned = await says((text) => text.includes('do not resolve'))
      expect(warned).toMatch(
        /; from the operator, which may ask another DNS than the pods, these names do not resolve: pbx\.example\.test:\d+ \(nxdomain\)$/,
      )
      expect(await cluster.condition('drule/named', 'ResolvedRefs')).toMatchObject({
        status: 'True',
        reason: 'ResolvedRefs',
      })
      await cluster.reason('drule/named', 'Ready', 'Ready')
      expect(await cluster.call(NUMBER)).toBe(503)
      // Loopback addresses are refused by the operator too, so its warning stays; the pod here is allowed to use them.
      await knot.change('example.test', ['pbx A 127.0.0.1'])
      expect(await cluster.answered(NUMBER, 200)).toBe(200)
      await says((text) => text.includes('(bad_address)'))
      await knot.change('example.test', ['pbx A 192.0.2.1'])
      await says((text) => !text.includes('do not resolve'))
    },
    TEST_LIMIT_MS,
  )
})
