import type { Socket } from 'node:dgram'
import { copiedLines } from './call-messages.ts'

/** The answering side: rings and answers every INVITE at once, accepts every BYE, and keeps no state. */
export function answerCalls(socket: Socket): void {
  const contact = `Contact: <sip:media@127.0.0.1:${socket.address().port}>\r\n`
  socket.on('message', (bytes) => {
    const request = bytes.toString('latin1')
    if (request.startsWith('ACK ')) return
    const send = (statusLine: string, tail: string): void =>
      socket.send(Buffer.from(`SIP/2.0 ${statusLine}\r\n${copied}${tail}`, 'latin1'))
    const copied = copiedLines(request)
    if (request.startsWith('INVITE ')) {
      send('180 Ringing', `${contact}Content-Length: 0\r\n\r\n`)
      send(
        '200 OK',
        `${contact}Content-Type: application/sdp\r\nContent-Length: ${ANSWER_SDP.length}\r\n\r\n${ANSWER_SDP}`,
      )
    } else send('200 OK', 'Content-Length: 0\r\n\r\n')
  })
}

export const ANSWER_SDP = [
  'v=0',
  'o=media 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 50000 RTP/AVP 0 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=sendrecv',
  '',
].join('\r\n')
