/** A drachtio-server gets the address of a name, and never has to look up the name itself. */
import { afterEach, describe, expect, it } from '@jest/globals'
import { type DrachtioHarness, startDrachtioHarness } from '../../support/drachtio-harness.ts'
import { routeAction, ruleEntry, trunkEntry } from '../../support/engine-harness.ts'
import { requestText } from '../../support/sip-text.ts'
import { addressOf } from '../../support/table-entries.ts'

let harness: DrachtioHarness

const server = (priority: number, address: string, transport: 'TCP' | undefined) => ({
  ...{ target: 'host.example', priority, weight: 0, port: 5070, transport },
  addresses: [addressOf(address)],
})

async function start(): Promise<DrachtioHarness> {
  const backend = { uri: 'sip:pbx.example;x=1', host: 'pbx.example', uriParameters: ';x=1', weight: 1, tier: 0 }
  const action = routeAction({ backends: [backend] })
  harness = await startDrachtioHarness({ entries: [trunkEntry(), ruleEntry({ action })] })
  harness.table.setServers('pbx.example', [server(1, '10.0.0.1', undefined), server(2, '10.0.0.2', 'TCP')])
  return harness
}

afterEach(() => harness.close())

describe('a backend by name behind a drachtio-server', () => {
  it('has its name in the Request-URI, and its addresses are the next hops, one after the other', async () => {
    const { server: drachtio, sent, receives } = await start()
    const caller = drachtio.receive(requestText())
    const first = await sent('INVITE')
    expect(first.text).toMatch(/^INVITE sip:\+15551234567@pbx\.example;x=1 SIP\/2\.0\r\n/)
    expect(first.nextHop).toBe('sip:10.0.0.1:5070')
    drachtio.answer(first, 503)
    const second = await sent('INVITE', 2)
    expect(second.text).toMatch(/^INVITE sip:\+15551234567@pbx\.example;x=1 SIP\/2\.0\r\n/)
    expect(second.nextHop).toBe('sip:10.0.0.2:5070;transport=tcp')
    drachtio.answer(second, 200, { extra: ['Contact: <sip:agent@10.0.0.2:5070>'] })
    await receives(caller, [100, 200])
  })
})
