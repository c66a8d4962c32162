/**
 * Checks at the start that batched sockets work on this machine: the layout of the structures, the system calls, and the
 * wake-up of the event loop. Two sockets send each other datagrams whose content is known.
 */
import { parseIpAddress } from '../../../../address/ip-address.ts'
import { DATAGRAM_SEND_SLOT_BYTES, DATAGRAMS_CHECK_MS } from '../../../limits.ts'
import type { DatagramAddress, DatagramReceiver, DatagramSocket, DatagramSockets } from './datagram-sockets.ts'

/** An empty datagram, a short one, one of the size of a SIP message, and one that does not fit into a slot of the batch. */
const QUESTIONS = [0, 1, 900, DATAGRAM_SEND_SLOT_BYTES + 1].map((length) => Buffer.alloc(length, 0x51))
/** Both answers leave in one batch. So the check also covers the second element in the array of messages. */
const ANSWERS = [Buffer.from('the first answer'), Buffer.from('the second, longer answer')]

/** Rejects with the reason for which batched sockets cannot be used here. */
export async function checkBatched(sockets: DatagramSockets): Promise<void> {
  const { promise: failed, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('datagrams to 127.0.0.1 did not arrive')), DATAGRAMS_CHECK_MS)
  const opened: DatagramSocket[] = []
  try {
    await Promise.race([exchange(sockets, opened, reject), failed])
  } finally {
    clearTimeout(timer)
    await Promise.all(opened.map((socket) => socket.close()))
  }
}

/** Resolves when all questions and answers have arrived. The sockets that it opens are added to `opened`. */
async function exchange(
  sockets: DatagramSockets,
  opened: DatagramSocket[],
  reject: (error: Error) => void,
): Promise<void> {
  const address = parseIpAddress('127.0.0.1')
  if (address === undefined) throw new TypeError('unreachable: 127.0.0.1 is an address')
  const { promise: done, resolve } = Promise.withResolvers<void>()
  const asked = expecting(QUESTIONS, reject)
  const answered = expecting(ANSWERS, reject)
  const server = await sockets.listen({ address, port: 0 }, asked.receiver)
  opened.push(server.socket)
  const free = await sockets.listen({ address, port: 0 }, answered.receiver)
  await free.socket.close()
  const client = sockets.connect({ address, port: free.port }, { address, port: server.port }, answered.receiver)
  opened.push(client)
  asked.onAll = (source) => {
    for (const answer of ANSWERS) server.socket.send(answer, source)
  }
  answered.onAll = (source) => (source.port === server.port ? resolve() : reject(new Error(DIFFERENT)))
  for (const question of QUESTIONS) client.send(question)
  return done
}

const DIFFERENT = 'datagrams to 127.0.0.1 arrived with other bytes or from another source'

interface Expecting {
  readonly receiver: DatagramReceiver
  /** Called when all wanted datagrams have come. */
  onAll: (source: DatagramAddress) => void
}

function expecting(wanted: readonly Buffer[], failed: (error: Error) => void): Expecting {
  let count = 0
  const expecting: Expecting = {
    onAll: () => undefined,
    receiver: {
      onError: failed,
      onFullBatch: () => undefined,
      onDatagram: (bytes, offset, length, source) => {
        const same = wanted[count]?.equals(bytes.subarray(offset, offset + length)) === true
        if (!same || source.address.text !== '127.0.0.1') return failed(new Error(DIFFERENT))
        count++
        if (count === wanted.length) expecting.onAll(source)
      },
    },
  }
  return expecting
}
