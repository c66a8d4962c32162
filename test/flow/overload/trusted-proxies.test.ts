/** Behind a trusted proxy, the Via says who calls. It is read before an INVITE is shed. */
import { describe, expect, it } from '@jest/globals'
import { judgedSourceText } from '../../../ingress/lookup/judged-source.ts'
import { MAX_INVITE_WAIT_MS } from '../../../ingress/sip/native/overload/limits.ts'
import { ruleEntry, trunkEntry } from '../../support/engine-harness.ts'
import { startOverloaded } from '../../support/overloaded-engine.ts'
import { requestText, statusOf } from '../../support/sip-text.ts'

const PROXY = '10.8.8.8:5060'
const CARRIER = '198.51.100.7'
const STRANGER = '203.0.113.9'

async function shedBehindProxy(source: string) {
  const harness = await startOverloaded({ entries: [trunkEntry({ trustedProxies: ['10.8.8.8'] }), ruleEntry()] })
  harness.fallBehind()
  const via = `SIP/2.0/UDP ${PROXY};branch=z9hG4bK-p, SIP/2.0/UDP ${source}:5060;branch=z9hG4bK-c`
  harness.network.deliver(PROXY, requestText({ via }))
  harness.clock.advance(MAX_INVITE_WAIT_MS + 1)
  harness.catchUp()
  const [decided] = harness.calls()
  const judged = decided?.source.judged
  const shed = harness.events.flatMap((event) => (event.type === 'shed' ? [[event.sender, event.calls]] : []))
  return { statuses: harness.sentTo(PROXY).map(statusOf), decided, judged: judged && judgedSourceText(judged), shed }
}

describe('an INVITE that is shed behind a trusted proxy', () => {
  it('gets 503 if a trunk admits its caller', async () => {
    const { statuses, shed } = await shedBehindProxy(CARRIER)
    expect({ statuses, shed }).toEqual({ statuses: [503], shed: [['known', 1]] })
  })

  it('gets no 503 if its caller is a stranger, but the 403 that it always gets', async () => {
    const { statuses, decided, judged, shed } = await shedBehindProxy(STRANGER)
    expect({ statuses, judged, shed }).toEqual({ statuses: [403], judged: STRANGER, shed: [['proxied-stranger', 0]] })
    expect(decided).toMatchObject({ outcome: 'rejected', status: 403 })
  })
})
