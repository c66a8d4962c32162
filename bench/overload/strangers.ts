/** A stranger: sends INVITEs that are all new calls from an address that no trunk admits, and counts what comes back. */
import type { Socket } from 'node:dgram'
import { inviteText } from '../load/call-messages.ts'
import { createTemplate } from '../load/message-template.ts'
import { unknownNumber } from '../numbering.ts'
import { FIRST_STRANGER_CALL } from './limits.ts'

export interface Strangers {
  /** Bytes that came back: to a stranger nothing may. */
  readonly bytesReceived: number
  send(): void
}

/** `socket` is connected to the server. */
export function createStrangers(socket: Socket): Strangers {
  const { address, port } = socket.address()
  const known = inviteText(port, socket.remoteAddress().port)
  const invite = createTemplate(known.replaceAll(`127.0.0.1:${port}`, `${address}:${port}`))
  let call = FIRST_STRANGER_CALL
  let bytesReceived = 0
  socket.on('message', (bytes) => {
    bytesReceived += bytes.length
  })
  return {
    get bytesReceived() {
      return bytesReceived
    },
    send: () => {
      call++
      socket.send(invite.bytes(call, unknownNumber(call)))
    },
  }
}
