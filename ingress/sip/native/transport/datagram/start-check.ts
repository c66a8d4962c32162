/**
 * Checks at the start that batched sockets work on this machine: the layout of the structures, the system calls, and the wake-up
 * of the event loop. Two sockets send each other datagrams whose content is known.
 */
import { parseIpAddress } from '../../../../address/ip-address.ts'
import { DATAGRAM_SEND_SLOT_BYTES, DATAGRAMS_CHECK_MS } from '../../../limits.ts'
import type { DatagramAddress, DatagramReceiver, DatagramSockets } from './datagram-sockets.ts'

/** An empty datagram, a short one, one of the size of a SIP message, and one that does not fit into a slot of the batch. */
const QUESTIONS = [0, 1, 900, DATAGRAM_SEND_SLOT_BYTES + 1].map((length) => Buffer.alloc(length, 0x51))
const ANSWER = Buffer.from('the answer')

/** Rejects with the reason for which batched sockets cannot be used here. */
export async function checkBatched(sockets: DatagramSockets): Promise<void> {
  const address = parseIpAddress('127.0.0.1')
  if (address === undefined) throw new TypeError('unreachable: 127.0.0.1 is an address')
  const here = { address, port: 0 }
  const questions: Buffer[] = []
  let received: (error?: Error) => void = () => undefined
  const done = new Promise<void>((resolve, reject) => {
    received = (error) => (error ? reject(error) : resolve())
  })
  const server = await sockets.listen(
    here,
    receiverOf(received, (bytes, source) => {
      questions.push(bytes)
      if (questions.length === QUESTIONS.length) server.socket.send(ANSWER, source)
    }),
  )
  const { socket, port } = await sockets.listen(
    here,
    receiverOf(received, () => undefined),
  )
  await socket.close()
  const client = sockets.connect(
    { address, port },
    { address, port: server.port },
    receiverOf(received, (bytes, source) => {
      received(differenceIn(questions, bytes, { source, expected: server.port }))
    }),
  )
  const timer = setTimeout(() => received(new Error('datagrams to 127.0.0.1 did not arrive')), DATAGRAMS_CHECK_MS)
  for (const question of QUESTIONS) client.send(question)
  try {
    await done
  } finally {
    clearTimeout(timer)
    await Promise.all([server.socket.close(), client.close()])
  }
}

function receiverOf(
  failed: (error: Error) => void,
  onBytes: (bytes: Buffer, source: DatagramAddress) => void,
): DatagramReceiver {
  return {
    onDatagram: (bytes, offset, length, source) =>
      onBytes(Buffer.from(bytes.subarray(offset, offset + length)), source),
    onError: failed,
  }
}

function differenceIn(
  questions: readonly Buffer[],
  answer: Buffer,
  { source, expected }: { readonly source: DatagramAddress; readonly expected: number },
): Error | undefined {
  const same = questions.every((question, i) => QUESTIONS[i]?.equals(question)) && ANSWER.equals(answer)
  if (same && source.address.text === '127.0.0.1' && source.port === expected) return undefined
  return new Error('datagrams to 127.0.0.1 arrived with other bytes or from another source')
}
