/** Datagram sockets for tests: batched where this machine can, or those that SIP_DISPATCH_DATAGRAMS asks for. */
import process from 'node:process'
import { chooseDatagrams, type DatagramsSetting } from '../../ingress/sip/native/transport/datagram/choose-datagrams.ts'
import type { DatagramSockets } from '../../ingress/sip/native/transport/datagram/datagram-sockets.ts'

export async function testDatagrams(setting = settingOfRun()): Promise<DatagramSockets> {
  const { sockets } = await chooseDatagrams(setting, (reason) => {
    throw new Error(`batched datagrams have failed: ${reason}`)
  })
  return sockets
}

function settingOfRun(): DatagramsSetting {
  const setting = process.env['SIP_DISPATCH_DATAGRAMS']
  return setting === 'node' || setting === 'batched' ? setting : 'auto'
}
