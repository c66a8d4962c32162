import type { Socket } from 'node:dgram'
import { copiedLines } from './call-messages.ts'

/** The answering side: rings and answers every INVITE at once, accepts every BYE, and keeps no state. */
export function answerCalls(socket: Socket): void {
  const at = `127.0.0.1:${socket.address().port}`
  socket.on('message', (bytes) => {
    const request = bytes.toString('latin1')
    if (request.startsWith('ACK ')) return
    const send = (text: string): void => socket.send(Buffer.from(text, 'latin1'))
    const copied = copiedLines(request)
    if (request.startsWith('INVITE ')) {
      send(ringingText(copied, at))
      send(answeredText(copied, at))
    } else send(endedText(copied))
  })
}

/** The 180 to an INVITE, from the lines that it copies. `at` is the backend's own host and port. */
export function ringingText(copied: string, at: string): string {
  return `SIP/2.0 180 Ringing\r\n${copied}${contactLine(at)}Content-Length: 0\r\n\r\n`
}

/** The 200 to an INVITE, likewise. */
export function answeredText(copied: string, at: string): string {
  const length = `Content-Type: application/sdp\r\nContent-Length: ${ANSWER_SDP.length}\r\n\r\n`
  return `SIP/2.0 200 OK\r\n${copied}${contactLine(at)}${length}${ANSWER_SDP}`
}

/** The 200 to a BYE, likewise. */
export function endedText(copied: string): string {
  return `SIP/2.0 200 OK\r\n${copied}Content-Length: 0\r\n\r\n`
}

function contactLine(at: string): string {
  return `Contact: <sip:media@${at}>\r\n`
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
