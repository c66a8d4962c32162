import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { until } from '../../support/cache-parts.ts'
import { createFrameReader, frameOf } from '../../support/drachtio-frames.ts'
import { type DrachtioServer, startDrachtioServer } from '../../support/drachtio-server.ts'
import { headerOf, requestText, statusOf } from '../../support/sip-text.ts'

/** An application that knows nothing but frames. */
interface Application {
  readonly socket: Socket
  readonly payloads: string[]
  /** Sends a command; the lines of facts that the server has for it, in order. */
  command(words: string, message?: string): Promise<string>
  /** The next payload that begins so behind its id, once. */
  told(start: string): Promise<string>
}

let server: DrachtioServer
let application: Application
let commands = 0

beforeEach(async () => {
  server = await startDrachtioServer()
  application = await openApplication(server.port)
})

afterEach(async () => {
  application.socket.destroy()
  await server.close()
})

async function openApplication(port: number): Promise<Application> {
  const socket = connect(port, '127.0.0.1')
  const payloads: string[] = []
  const read = createFrameReader()
  socket.on('data', (chunk) => payloads.push(...(read(chunk) ?? [])))
  socket.on('error', () => socket.destroy())
  const told = async (start: string): Promise<string> => {
    const matches = (payload: string): boolean => payload.slice(payload.indexOf('|') + 1).startsWith(start)
    await until(
      () => payloads.some(matches),
      () => `${start}: ${JSON.stringify(payloads)}`,
    )
    const [payload = ''] = payloads.splice(payloads.findIndex(matches), 1)
    return payload
  }
  const command = (words: string, message?: string): Promise<string> => {
    const id = `command-${++commands}`
    socket.write(frameOf(`${id}|${words}${message === undefined ? '' : `\r\n${message}`}`))
    return told(`response|${id}|`)
  }
  const opened = { socket, payloads, command, told }
  await command('authenticate|cymru|')
  return opened
}

/** The line of facts, without the id of the frame, with `time` and `id` for what is new each time. */
function factsOf(payload: string): string {
  const [line = ''] = payload.split('\r\n', 1)
  return line
    .replace(/^[^|]*\|/, '')
    .replace(/\d\d:\d\d:\d\d\.\d{6}/, 'time')
    .replace(/\bid-\d+\b/, 'id')
    .replace(/\bcommand-\d+\b/, 'command')
}

const messageOf = (payload: string): string => payload.slice(payload.indexOf('\r\n') + 2)
const wordOf = (payload: string, place: number): string => payload.split('\r\n', 1)[0]?.split('|')[place] ?? ''

const DIALOG = 'call-1@198.51.100.7;from-tag=caller'
const UAC = ['From: <sip:a@192.0.2.1>', 'To: <sip:b@10.0.0.1>', 'Max-Forwards: 69']

/** Has an INVITE sent to a backend. */
async function invite(host = '10.0.0.1'): Promise<{ readonly dialogId: string; readonly confirmed: string }> {
  const start = `INVITE sip:b@${host}:5080 SIP/2.0`
  const confirmed = await application.command('sip||', [start, ...UAC, '', ''].join('\r\n'))
  return { dialogId: server.sent.at(-1)?.dialogId ?? '', confirmed }
}

function sentInvite() {
  const found = server.sent.findLast(({ method }) => method === 'INVITE')
  if (!found) throw new Error('no INVITE was sent')
  return found
}

/** Has a response sent to what a caller has sent. */
function respond(handed: string, status: number): Promise<string> {
  return application.command(`sip|${wordOf(handed, 8)}|`, `SIP/2.0 ${status} Reason\r\n\r\n`)
}

/** A call that a caller has made and the application has answered. */
async function answeredCaller() {
  const caller = server.receive(requestText())
  const handed = await application.told('sip|network|')
  await respond(handed, 200)
  return { caller, handed }
}

const inside = (method: string): string => requestText({ method, to: '<sip:b@192.0.2.1>;tag=uas', cseq: 2 })

describe('frames of a drachtio-server, as v0.9.10-1 was seen to send them', () => {
  it('1: name the protocol of a request, but of an ACK', async () => {
    const { caller, handed } = await answeredCaller()
    expect(factsOf(handed)).toBe(
      `sip|network|${Buffer.byteLength(caller.request)}|udp|198.51.100.7|5060|time|id||192.0.2.1|5060|`,
    )
    const ack = inside('ACK')
    server.receive(ack, { address: '127.0.0.2', port: 24550 }, caller.dialogId)
    expect(factsOf(await application.told('sip|network|'))).toBe(
      `sip|network|${ack.length}||127.0.0.2|24550|time|id|${DIALOG}|`,
    )
    const bye = inside('BYE')
    server.receive(bye, { address: '127.0.0.2', port: 24550, protocol: 'tcp' }, caller.dialogId)
    expect(factsOf(await application.told('sip|network|'))).toBe(
      `sip|network|${bye.length}|tcp|127.0.0.2|24550|time|id|${DIALOG}|`,
    )
  })

  it('2: name the protocol of a response that went out to an INVITE only', async () => {
    server.receive(requestText())
    const toInvite = await respond(await application.told('sip|network|'), 404)
    server.receive(requestText({ method: 'OPTIONS' }))
    const toOptions = await respond(await application.told('sip|network|'), 200)
    expect([toInvite, toOptions].map(factsOf)).toEqual([
      `response|command|OK|application|22|udp|198.51.100.7|5060|time|id|${DIALOG}||Msg sent:|`,
      'response|command|OK|application|22||198.51.100.7|5060|time|id|||Msg sent:|',
    ])
  })

  it.each([503, 408])('3: have a %i of the server itself without bytes, address and port', async (status) => {
    const { dialogId } = await invite()
    server.unreachable(sentInvite(), status)
    const told = await application.told('sip|network|')
    expect([factsOf(told), statusOf(messageOf(told))]).toEqual([`sip|network|0|udp||0|time|id|${dialogId}|`, status])
  })

  it('4: answer the secret with protocols, several addresses, the version with its build, and the addresses again', async () => {
    const listening = 'tcp/192.0.2.1:5060,udp/192.0.2.1:5060'
    expect(factsOf(await application.command('authenticate|other|'))).toBe(
      `response|command|OK|${listening}|v0.9.10-1|${listening}`,
    )
  })

  it('5: hand over a CANCEL with the bytes of its INVITE, and with a dialog once a provisional response went out', async () => {
    const first = server.receive(requestText())
    const bytes = Buffer.byteLength(first.request)
    await application.told('sip|network|')
    server.cancel(first)
    const before = await application.told('sip|network|')
    const second = server.receive(requestText({ callId: 'second' }))
    await respond(await application.told('sip|network|'), 180)
    server.cancel(second)
    const after = await application.told('sip|network|')
    expect([before, after].map(factsOf)).toEqual([
      `sip|network|${bytes}|udp|198.51.100.7|5060|time|id||`,
      `sip|network|${Buffer.byteLength(second.request)}|udp|198.51.100.7|5060|time|id|second;from-tag=caller|`,
    ])
    expect(messageOf(before)).toMatch(/^CANCEL /)
    expect([first.statuses(), second.statuses()]).toEqual([
      [100, 487],
      [100, 180, 487],
    ])
  })

  it('6: take a CANCEL of the application with 0 bytes while it waits for a provisional response', async () => {
    const cancel = 'CANCEL sip:b@10.0.0.1:5080 SIP/2.0\r\n\r\n'
    const { confirmed } = await invite()
    const held = await application.command(`sip|${wordOf(confirmed, 10)}|`, cancel)
    const next = await invite()
    server.answer(sentInvite(), 100)
    const sent = await application.command(`sip|${wordOf(next.confirmed, 10)}|`, cancel)
    expect([held, sent].map(factsOf)).toEqual([
      'response|command|OK|application|0|udp|192.0.2.1|5060|time|id|Msg sent:|',
      `response|command|OK|application|${cancel.length}|udp|192.0.2.1|5060|time|id|Msg sent:|`,
    ])
  })

  it('7: have the dialog with the first 180, and requests inside it are taken before the 200', async () => {
    const { dialogId } = await invite()
    server.answer(sentInvite(), 180)
    const told = await application.told('sip|network|')
    expect(factsOf(told)).toBe(
      `sip|network|${Buffer.byteLength(messageOf(told))}|udp|10.0.0.1|5080|time|id|${dialogId}|`,
    )
    const info = await application.command(`sip||${dialogId}`, 'INFO sip:placeholder SIP/2.0\r\n\r\n')
    expect(factsOf(info)).toMatch(/^response\|command\|OK\|application\|/)
    server.receive(inside('INFO'), { address: '10.0.0.1', port: 5080 }, dialogId)
    expect(factsOf(await application.told('sip|network|'))).toMatch(/\|udp\|10\.0\.0\.1\|5080\|time\|id\|leg-/)
  })

  it('8: tell the BYE that the server sends behind the ACK, where a CANCEL has crossed the 200', async () => {
    const { dialogId, confirmed } = await invite()
    await application.command(`sip|${wordOf(confirmed, 10)}|`, 'CANCEL sip:b@10.0.0.1:5080 SIP/2.0\r\n\r\n')
    server.answer(sentInvite(), 200)
    await application.told('sip|network|')
    await application.command(`sip||${dialogId}`, 'ACK sip:placeholder SIP/2.0\r\n\r\n')
    const told = await application.told('sip|application|')
    const bytes = Buffer.byteLength(messageOf(told))
    expect(factsOf(told)).toBe(`sip|application|${bytes}|udp|192.0.2.1|5060|time|unsolicited|${dialogId}|`)
    expect([messageOf(told).split(' ', 1), server.hasDialog(dialogId)]).toEqual([['BYE'], false])
  })

  it('8: tell the BYE that the server sends to a caller whose CANCEL has crossed the 200', async () => {
    const { caller } = await answeredCaller()
    server.cancel(caller)
    expect(factsOf(await application.told('sip|application|'))).toMatch(
      /\|unsolicited\|call-1@198\.51\.100\.7;from-tag=caller\|$/,
    )
  })

  it('9: do not tell of a 200 that came once more, whose ACK the server repeats', async () => {
    const { dialogId } = await invite()
    server.answer(sentInvite(), 200)
    await application.told('sip|network|')
    await application.command(`sip||${dialogId}`, 'ACK sip:placeholder SIP/2.0\r\n\r\n')
    server.answer(sentInvite(), 200)
    await application.command('ping')
    expect([application.payloads, server.repeatedAcks()]).toEqual([[], 1])
  })

  it('10: show the INVITE as it went out: Via with rport, the Max-Forwards given, a Contact without a user', async () => {
    const text = messageOf((await invite()).confirmed)
    expect(headerOf(text, 'Via')[0]).toMatch(/^SIP\/2\.0\/UDP 192\.0\.2\.1:5060;rport;branch=z9hG4bK/)
    expect([headerOf(text, 'Max-Forwards'), headerOf(text, 'Contact')]).toEqual([['69'], ['<sip:192.0.2.1:5060>']])
  })
})

describe('a drachtio-server that looks for far ends behind NAT', () => {
  it('ends at the ACK to an IPv6 backend, and with --disable-nat-detection it does not', async () => {
    const call = async (): Promise<string> => {
      const { dialogId } = await invite('[::1]')
      server.answer(sentInvite(), 200)
      await application.told('sip|network|')
      return dialogId
    }
    server.manners.detectsNat = false
    await application.command(`sip||${await call()}`, 'ACK sip:placeholder SIP/2.0\r\n\r\n')
    expect(application.socket.destroyed).toBe(false)
    server.manners.detectsNat = true
    application.socket.write(frameOf(`last|sip||${await call()}\r\nACK sip:placeholder SIP/2.0\r\n\r\n`))
    await until(() => application.socket.destroyed)
  })
})
