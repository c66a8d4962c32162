/**
 * What an application sees of a drachtio-server: the protocol between the two, without the SIP side, which tests play
 * themselves. It speaks as 0.9.10 does, its 100 Trying before the application hears of an INVITE included.
 */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { type Command, commandOf, createFrameReader, frameOf } from './drachtio-frames.ts'
import { headerOf, methodOf, type ResponseText, responseText, statusOf } from './sip-text.ts'

export interface Manners {
  /** What it takes as the secret; undefined takes any, which is what a real one does. */
  secret: string | undefined
  version: string
  /** Whether it answers at all. */
  silent: boolean
  answersPings: boolean
  /** Bytes that it writes at a time; undefined: whole frames. */
  piece: number | undefined
  /** Closes the connection behind each message that it has handed over. */
  closesBehindMessages: boolean
  /** Why it does not send requests of the application; undefined: it does. */
  refusesRequests: string | undefined
}

/** An INVITE, or another request, of a caller: what the caller has received so far. */
export interface CallerTransaction {
  readonly request: string
  readonly responses: string[]
  readonly statuses: () => number[]
  /** The server's id of the dialog once a 200 has gone out. */
  readonly dialogId: string
}

/** A request that the application has had sent. */
export interface SentRequest {
  readonly method: string
  /** As it went out: with Via, Call-ID, CSeq and tags. */
  readonly text: string
  readonly transactionId: string
  readonly dialogId: string
}

export interface Source {
  readonly address?: string
  readonly port?: string | number
  readonly protocol?: string
}

export interface DrachtioServer {
  readonly port: number
  readonly manners: Manners
  /** Connections that applications have opened, in all, and those that are open. */
  readonly accepted: () => number
  readonly open: () => number
  /** Secrets that were told. */
  readonly secrets: string[]
  /** What the open connections have asked for. */
  readonly routes: () => string[]
  readonly pings: () => number
  readonly sent: SentRequest[]
  /** What it has told the application that it did not do. */
  readonly failures: string[]
  /** A request from the network, outside a dialog or in one of the server's. */
  receive(text: string, source?: Source, dialogId?: string): CallerTransaction
  /** The caller cancels: the server answers 200 and 487, and tells the application. */
  cancel(transaction: CallerTransaction, extra?: readonly string[]): void
  /** The far end answers a request of the application. */
  answer(request: SentRequest, status: number, change?: ResponseText): void
  /** Whether it has a dialog. */
  knows(dialogId: string): boolean
  /** It ends a dialog by itself and says so. */
  endDialog(dialogId: string): void
  /** Any payload, or any bytes. */
  tell(payload: string): void
  write(bytes: string): void
  /** Outbound mode: connects to an application. */
  connectTo(port: number): Promise<void>
  /** Breaks every connection. */
  cut(): void
  close(): Promise<void>
}

interface Transaction extends CallerTransaction {
  readonly id: string
  dialogId: string
  over: boolean
}

interface Application {
  readonly socket: Socket
  readonly routes: string[]
}

interface State {
  readonly manners: Manners
  readonly applications: Set<Application>
  readonly transactions: Map<string, Transaction>
  readonly dialogs: Map<string, { readonly callId: string; readonly from: string; readonly to: string }>
  readonly sent: SentRequest[]
  readonly failures: string[]
  readonly secrets: string[]
  accepted: number
  pings: number
  ids: number
}

export interface ServerOptions extends Partial<Manners> {
  /** PEM of a certificate and its key: applications must speak TLS. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer }
  readonly port?: number
}

export async function startDrachtioServer({ tls, port = 0, ...manners }: ServerOptions = {}): Promise<DrachtioServer> {
  const state = newState(manners)
  const serve = (socket: Socket): void => {
    state.accepted++
    serveApplication(state, socket)
  }
  const server: Server = tls ? createTlsServer(tls, serve) : createServer(serve)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const cut = (): void => {
    for (const { socket } of state.applications) {
      if (tls) socket.destroy()
      else socket.resetAndDestroy()
    }
  }
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    ...playing(state),
    cut,
    close: async () => {
      server.close()
      for (const { socket } of state.applications) socket.destroy()
      await once(server, 'close')
    },
  }
}

function newState(manners: Partial<Manners>): State {
  return {
    manners: {
      secret: undefined,
      version: 'v0.9.10',
      silent: false,
      answersPings: true,
      piece: undefined,
      closesBehindMessages: false,
      refusesRequests: undefined,
      ...manners,
    },
    applications: new Set(),
    transactions: new Map(),
    dialogs: new Map(),
    sent: [],
    failures: [],
    secrets: [],
    accepted: 0,
    pings: 0,
    ids: 0,
  }
}

function playing(state: State): Omit<DrachtioServer, 'port' | 'cut' | 'close'> {
  return {
    manners: state.manners,
    accepted: () => state.accepted,
    open: () => state.applications.size,
    secrets: state.secrets,
    routes: () => [...state.applications].flatMap(({ routes }) => routes),
    pings: () => state.pings,
    sent: state.sent,
    failures: state.failures,
    receive: (text, source = {}, dialogId = '') => receive(state, text, { ...source, dialogId }),
    cancel: (transaction, extra = []) => cancel(state, transaction, extra),
    answer: (request, status, change) => answer(state, request, responseText(request.text, status, change)),
    knows: (dialogId) => state.dialogs.has(dialogId),
    endDialog: (dialogId) => {
      state.dialogs.delete(dialogId)
      const bye = requestLines(state, 'BYE sip:far@192.0.2.9 SIP/2.0', { headers: [], dialogId, body: '' })
      tell(
        state,
        `${idOf(state)}|sip|application|${bye.length}|udp|192.0.2.1|5060|12:00:00.1|unsolicited|${dialogId}|\r\n${bye}`,
      )
    },
    tell: (payload) => tell(state, payload),
    write: (bytes) => {
      for (const { socket } of state.applications) socket.write(bytes)
    },
    connectTo: async (port) => {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      serveApplication(state, socket)
    },
  }
}

function serveApplication(state: State, socket: Socket): void {
  const application = { socket, routes: [] }
  state.applications.add(application)
  const read = createFrameReader()
  socket.setNoDelay(true)
  socket.on('data', (chunk) => {
    const payloads = read(chunk)
    if (!payloads) socket.destroy()
    for (const payload of payloads ?? []) obey(state, application, commandOf(payload))
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', () => state.applications.delete(application))
}

function obey(state: State, application: Application, command: Command): void {
  const { manners } = state
  const [verb = '', second = '', third = ''] = command.words
  const reply = (text: string): void => write(state, application, `${idOf(state)}|response|${command.id}|${text}`)
  if (verb === 'authenticate') state.secrets.push(second)
  if (manners.silent) return
  if (verb === 'authenticate') {
    if (manners.secret === undefined || manners.secret === second) return reply(`OK|192.0.2.1:5060|${manners.version}|`)
    reply('NO|incorrect secret')
    return void application.socket.end()
  }
  if (verb === 'ping') {
    state.pings++
    return manners.answersPings ? reply('OK|pong') : undefined
  }
  if (verb === 'route') {
    application.routes.push(second)
    return reply('OK')
  }
  if (verb !== 'sip') return reply('NO|Unknown message type')
  const fail = (reason: string): void => {
    state.failures.push(reason)
    reply(`NOK|${reason}`)
  }
  if (command.message.startsWith('SIP/2.0')) return respond(state, { command, transactionId: second, reply, fail })
  if (command.message.startsWith('CANCEL')) return sendCancel(state, { command, transactionId: second, reply, fail })
  send(state, { command, dialogId: third, reply, fail })
}

interface Order {
  readonly command: Command
  readonly reply: (text: string) => void
  readonly fail: (reason: string) => void
}

/** The application's response to a request of the network. */
function respond(state: State, { command, transactionId, reply, fail }: Order & { transactionId: string }): void {
  const transaction = state.transactions.get(transactionId)
  if (!transaction || transaction.over) return fail('Response not sent due to unknown transaction')
  const status = statusOf(command.message)
  transaction.responses.push(command.message)
  transaction.over = status >= 200
  const invite = methodOf(transaction.request) === 'INVITE'
  if (invite && transaction.dialogId === '') transaction.dialogId = dialogIdOf(transaction.request)
  if (invite && status === 200) {
    const [callId = '', from = '', to = ''] = ['Call-ID', 'From', 'To'].map(
      (name) => headerOf(transaction.request, name)[0],
    )
    state.dialogs.set(transaction.dialogId, { callId, from: `${to};tag=uas`, to: from })
  }
  const facts = `application|${command.message.length}|udp|198.51.100.7|5060|12:00:00.1`
  reply(`OK|${facts}|${transactionId}|${transaction.dialogId}||Msg sent:|\r\n${command.message}`)
}

function send(state: State, { command, dialogId, reply, fail }: Order & { dialogId: string }): void {
  const method = methodOf(command.message)
  if (state.manners.refusesRequests !== undefined) return fail(state.manners.refusesRequests)
  if (dialogId !== '' && !state.dialogs.has(dialogId)) {
    return fail('Server error: unable to find dialog for dialog id provided')
  }
  const [head = '', ...rest] = command.message.split('\r\n\r\n')
  const [start = '', ...headers] = head.split('\r\n')
  const text = requestLines(state, start, { headers, dialogId, body: rest.join('\r\n\r\n') })
  const own = dialogId === '' && method === 'INVITE' ? dialogIdOf(text) : dialogId
  const request = { method, text, transactionId: idOf(state), dialogId: own }
  state.sent.push(request)
  if (method === 'BYE') state.dialogs.delete(dialogId)
  reply(`OK|application|${text.length}|udp|10.0.0.1|5080|12:00:00.1|${request.transactionId}|Msg sent:|\r\n${text}`)
}

function sendCancel(state: State, { command, transactionId, reply, fail }: Order & { transactionId: string }): void {
  const invite = state.sent.find((request) => request.transactionId === transactionId)
  if (!invite) return fail(`unable to cancel unknown transaction id: ${transactionId}`)
  state.sent.push({ method: 'CANCEL', text: command.message, transactionId, dialogId: '' })
  reply(`OK|application|1|udp|10.0.0.1|5080|12:00:00.1|${idOf(state)}|Msg sent:|\r\n${command.message}`)
}

function receive(state: State, request: string, source: Source & { readonly dialogId: string }): CallerTransaction {
  const responses = methodOf(request) === 'INVITE' ? ['SIP/2.0 100 Trying\r\n\r\n'] : []
  const { dialogId } = source
  const statuses = (): number[] => responses.map(statusOf)
  const transaction: Transaction = { id: idOf(state), request, responses, statuses, dialogId, over: false }
  state.transactions.set(transaction.id, transaction)
  if (methodOf(request) === 'BYE') state.dialogs.delete(dialogId)
  hand(state, transaction.id, { request, dialogId, source })
  return transaction
}

function cancel(state: State, transaction: CallerTransaction, extra: readonly string[]): void {
  const known = [...state.transactions.values()].find((one) => one === transaction)
  if (!known || known.over) return
  known.over = true
  known.responses.push('SIP/2.0 487 Request Terminated\r\n\r\n')
  const text = known.request.replace(/^INVITE/, 'CANCEL').replace(/(CSeq: \d+) INVITE/, '$1 CANCEL')
  const withReasons = text.replace('Content-Length:', `${extra.map((line) => `${line}\r\n`).join('')}Content-Length:`)
  hand(state, known.id, { request: withReasons, dialogId: known.dialogId, source: {} })
}

function answer(state: State, request: SentRequest, text: string): void {
  // The server takes a 100 for itself.
  if (statusOf(text) === 100) return
  const success = statusOf(text) === 200
  if (success && request.method === 'INVITE') {
    const [callId = '', from = '', to = ''] = ['Call-ID', 'From', 'To'].map((name) => headerOf(text, name)[0])
    state.dialogs.set(request.dialogId, { callId, from, to })
  }
  const facts = `network|${text.length}|udp|10.0.0.1|5080|12:00:00.1`
  tell(state, `${idOf(state)}|sip|${facts}|${request.transactionId}|${request.dialogId}|\r\n${text}`)
}

/** Hands a request of the network to the application. */
function hand(
  state: State,
  transactionId: string,
  { request, dialogId, source }: { readonly request: string; readonly dialogId: string; readonly source: Source },
): void {
  const { address = '198.51.100.7', port = 5060, protocol = 'udp' } = source
  const facts = `network|${Buffer.byteLength(request)}|${protocol}|${address}|${port}|12:00:00.1`
  const received = dialogId === '' ? '192.0.2.1|5060|' : ''
  tell(state, `${idOf(state)}|sip|${facts}|${transactionId}|${dialogId}|${received}\r\n${request}`)
  if (state.manners.closesBehindMessages) for (const { socket } of state.applications) socket.end()
}

/** A request as the server sends it: what belongs to the leg is its own. */
function requestLines(
  state: State,
  start: string,
  content: { readonly headers: readonly string[]; readonly dialogId: string; readonly body: string },
): string {
  const { headers, dialogId, body } = content
  const dialog = state.dialogs.get(dialogId)
  const number = ++state.ids
  const method = start.split(' ', 1)[0] ?? ''
  const own = dialog
    ? [`From: ${dialog.from}`, `To: ${dialog.to}`, `Call-ID: ${dialog.callId}`]
    : [`Call-ID: leg-${number}`]
  const given = headers
    .filter((line) => !/^content-length:/i.test(line))
    .map((line) => (/^From:/i.test(line) && !line.includes(';tag=') ? `${line};tag=uac-${number}` : line))
  return [
    start,
    `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-${number}`,
    ...own,
    ...given,
    `CSeq: ${number} ${method}`,
    'Contact: <sip:192.0.2.1:5060>',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
}

function dialogIdOf(request: string): string {
  const [callId = ''] = headerOf(request, 'Call-ID')
  const tag = /;tag=([^;\s]+)/.exec(headerOf(request, 'From')[0] ?? '')?.[1] ?? ''
  return `${callId};from-tag=${tag}`
}

function tell(state: State, payload: string): void {
  for (const application of state.applications) write(state, application, payload)
}

/** In pieces, each with a turn of its own, so that they come apart at the other end. */
function write({ manners }: State, { socket }: Application, payload: string): void {
  const frame = frameOf(payload)
  if (manners.piece === undefined) return void socket.write(frame)
  for (let at = 0; at < frame.length; at += manners.piece) socket.write(frame.subarray(at, at + manners.piece))
}

function idOf(state: State): string {
  return `id-${++state.ids}`
}
