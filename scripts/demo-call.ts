/** One call of the demo, from the caller's side: sends an INVITE and reacts to its answers. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { headerOf, statusOf, titleOf, writeRequest } from './demo-sip.ts'
import type { LadderArrow } from './sip-ladder.ts'

export interface DemoCall {
  readonly called: string
  /** The address that the call comes from. */
  readonly from: string
  readonly ingress: { readonly host: string; readonly port: number }
  readonly expects: 'answer' | 'silence'
}

export interface DemoCallResult {
  readonly callId: string
  readonly arrows: LadderArrow[]
  /** The last final response to the INVITE; undefined: silence. */
  readonly final: string | undefined
}

/** Milliseconds that a caller waits: where an answer is expected, as long as the slowest machine may take. */
const PATIENCE_MS = { answer: 15_000, silence: 1_500 } as const

/** Rejects where the address cannot be bound. */
export async function makeCall(call: DemoCall, startedAt: number): Promise<DemoCallResult> {
  const socket = createSocket('udp4')
  const caller = new Caller(call, socket, startedAt)
  try {
    socket.bind(0, call.from)
    await once(socket, 'listening')
    return await caller.run()
  } finally {
    socket.close()
  }
}

class Caller {
  readonly #call: DemoCall
  readonly #socket: Socket
  readonly #startedAt: number
  readonly #callId = `demo-${process.hrtime.bigint().toString(36)}`
  readonly #arrows: LadderArrow[] = []

  constructor(call: DemoCall, socket: Socket, startedAt: number) {
    this.#call = call
    this.#socket = socket
    this.#startedAt = startedAt
  }

  async run(): Promise<DemoCallResult> {
    const { host, port } = this.#call.ingress
    const invite = this.#request('INVITE', `sip:${this.#call.called}@${host}:${port}`, 1)
    const final = await this.#exchange(invite)
    const result = { callId: this.#callId, arrows: this.#arrows, final }
    if (final === undefined) return result
    const ack = this.#acknowledgement(invite, final)
    this.#send(ack)
    if (statusOf(final) < 300) await this.#exchange(this.#inDialog('BYE', final, 2))
    return result
  }

  /** RFC 3261 §17.1.1.3: the ACK to a refusal belongs to the INVITE; §13.2.2.4: the ACK to a 2xx follows the route set. */
  #acknowledgement(invite: string, final: string): string {
    if (statusOf(final) < 300) return this.#inDialog('ACK', final, 1)
    const to = headerOf(final, 'To')[0] ?? ''
    return invite
      .replace(/^INVITE /, 'ACK ')
      .replace('1 INVITE', '1 ACK')
      .replace(/\r\nTo: [^\r]*/, `\r\nTo: ${to}`)
  }

  #inDialog(method: string, final: string, cseq: number): string {
    const contact = /<([^>]+)>/.exec(headerOf(final, 'Contact')[0] ?? '')?.[1] ?? ''
    const toTag = /;tag=([^;]+)/.exec(headerOf(final, 'To')[0] ?? '')?.[1] ?? ''
    const routes = headerOf(final, 'Record-Route').toReversed()
    return this.#request(method, contact, cseq, { toTag, routes })
  }

  #request(
    method: string,
    uri: string,
    cseq: number,
    dialog: { toTag?: string; routes?: readonly string[] } = {},
  ): string {
    const { address, port } = this.#socket.address()
    const { called } = this.#call
    return writeRequest({ method, uri, local: `${address}:${port}`, called, callId: this.#callId, cseq, ...dialog })
  }

  #send(request: string): void {
    const { host, port } = this.#call.ingress
    this.#note('caller', 'ingress', request)
    this.#socket.send(Buffer.from(request, 'latin1'), port, host)
  }

  /** Sends a request and waits for its final response. */
  #exchange(request: string): Promise<string | undefined> {
    this.#send(request)
    return new Promise((resolve) => {
      const end = (final: string | undefined): void => {
        clearTimeout(patience)
        this.#socket.off('message', receive)
        resolve(final)
      }
      const receive = (bytes: Buffer): void => {
        const response = bytes.toString('latin1')
        this.#note('ingress', 'caller', response)
        if (statusOf(response) >= 200) end(response)
      }
      const patience = setTimeout(end, PATIENCE_MS[this.#call.expects], undefined)
      this.#socket.on('message', receive)
    })
  }

  #note(from: LadderArrow['from'], to: LadderArrow['to'], message: string): void {
    this.#arrows.push({ at: performance.now() - this.#startedAt, from, to, title: titleOf(message) })
  }
}
