/** Datagram sockets for tests: batched where this machine can, or those that SIP_DISPATCH_DATAGRAMS asks for. */
import { chooseDatagrams } from '../../ingress/sip/native/transport/datagram/choose-datagrams.ts'
import type { DatagramReceiver, DatagramSockets } from '../../ingress/sip/native/transport/datagram/datagram-sockets.ts'
import { datagramsSetting } from './config.ts'

/** Not a letter, not a digit, and no part of any message. */
export const POISON = 0xfe

/** With poison: bytes that a listener has kept without a copy are found, because they change after its call. */
export async function testDatagrams(setting = datagramsSetting()): Promise<DatagramSockets> {
  const { sockets } = await chooseDatagrams(setting, (reason) => {
    throw new Error(`batched datagrams have failed: ${reason}`)
  })
  return poisoned(sockets)
}

function poisoned(sockets: DatagramSockets): DatagramSockets {
  return {
    kind: sockets.kind,
    ...(sockets.together && { together: sockets.together }),
    listen: (at, receiver) => sockets.listen(at, poisoning(receiver)),
    connect: (local, remote, receiver) => sockets.connect(local, remote, poisoning(receiver)),
  }
}

function poisoning(receiver: DatagramReceiver): DatagramReceiver {
  return {
    onDatagram: (bytes, offset, length, source) => {
      receiver.onDatagram(bytes, offset, length, source)
      bytes.fill(POISON, offset, offset + length)
    },
    onFullBatch: () => receiver.onFullBatch(),
    onError: (error, to) => receiver.onError(error, to),
  }
}
