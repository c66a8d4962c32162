/**
 * The SIP side of the drachtio-server of the tests: transactions, dialogs, and the reports about them to an application. There
 * is no network: tests act as the caller and the backends.
 */
import {
  cancelTaken,
  handedCancel,
  handedRequest,
  handedResponse,
  ownBye,
  ownFinal,
  requestSent,
  responseSent,
  type Source,
} from './drachtio-facts.ts'
import type { Command } from './drachtio-frames.ts'
import { headerOf, methodOf, type ResponseText, responseText, statusOf } from './sip-text.ts'

/** An INVITE, or another request, of a caller, with the responses that the caller has received. */
export interface CallerTransaction {
  readonly request: string
  readonly responses: string[]
  readonly statuses: () => number[]
  /** The server's id of the dialog, from the first response of the application on. */
  readonly dialogId: string
}

/** A request that the server sent for the application. */
export interface SentRequest {
  readonly method: string
  /** The text as sent: with Via, Call-ID, CSeq and tags. */
  readonly text: string
  readonly transactionId: string
  readonly dialogId: string
  /** The URI to which the application has it sent in the place of its Request-URI; `''` without one. */
  readonly nextHop: string
}

/** A command of the application, and how the server answers it. */
export interface Order {
  readonly command: Command
  readonly reply: (text: string) => void
  readonly fail: (reason: string) => void
}

interface Transaction extends CallerTransaction {
  readonly id: string
  dialogId: string
  over: boolean
  acknowledged: boolean
}

/** The server's state of an INVITE that it has sent. */
interface SentInvite {
  readonly request: SentRequest
  /** A provisional response, also a 100, has come: from now on a CANCEL goes out at once. */
  hasProvisional: boolean
  cancelled: boolean
  answered: boolean
  acknowledged: boolean
  /** It was answered in spite of a CANCEL: the server sends a BYE after the ACK. */
  byeBehindAck: boolean
}

interface Dialog {
  readonly callId: string
  readonly from: string
  readonly to: string
}

export interface Stack {
  /** All requests sent for the application, and also the CANCELs that are held back. */
  readonly sent: SentRequest[]
  /** `host:port` of far ends where nothing listens: the server itself answers 503 for them. */
  readonly deaf: Set<string>
  /** Number of ACKs that the server has repeated by itself, because a 200 was repeated. */
  readonly repeatedAcks: () => number
  /** A request from the network, outside a dialog or in one of the server's. */
  receive(text: string, source?: Source, dialogId?: string): CallerTransaction
  /** The caller cancels: the server answers 200 and 487, and reports it to the application. */
  cancel(transaction: CallerTransaction, extra?: readonly string[]): void
  /** The far end answers a request of the application. */
  answer(request: SentRequest, status: number, change?: ResponseText): void
  /** The far end cannot be reached, or has sent nothing until Timer B (408): the server makes the response itself. */
  unreachable(request: SentRequest, status?: number): void
  /** Whether the server has a dialog. */
  hasDialog(dialogId: string): boolean
  /** The server ends a dialog by itself and reports it. */
  endDialog(dialogId: string): void
  /** Carries out the commands `sip|transaction|dialog`. */
  execute(order: Order): void
}

export interface StackEvents {
  /** Sends a payload to every application. */
  readonly send: (payload: string) => void
  /** Called when an ACK goes to an IPv6 address. */
  readonly acknowledgesIpv6: () => void
}

interface State extends StackEvents {
  readonly transactions: Map<string, Transaction>
  readonly dialogs: Map<string, Dialog>
  readonly invites: Map<string, SentInvite>
  readonly sent: SentRequest[]
  readonly deaf: Set<string>
  repeatedAcks: number
  ids: number
}

export function createStack(events: StackEvents): Stack {
  const state: State = {
    ...events,
    transactions: new Map(),
    dialogs: new Map(),
    invites: new Map(),
    sent: [],
    deaf: new Set(),
    repeatedAcks: 0,
    ids: 0,
  }
  return {
    sent: state.sent,
    deaf: state.deaf,
    repeatedAcks: () => state.repeatedAcks,
    receive: (text, source = {}, dialogId = '') => receive(state, text, { source, dialogId }),
    cancel: (transaction, extra = []) => cancel(state, transaction, extra),
    answer: (request, status, change) => answer(state, request, responseText(request.text, status, change)),
    unreachable: (request, status = 503) => answerFor(state, request, status),
    hasDialog: (dialogId) => state.dialogs.has(dialogId),
    endDialog: (dialogId) => endDialog(state, dialogId),
    execute: (order) => execute(state, order),
  }
}

function execute(state: State, order: Order): void {
  const [, transactionId = '', dialogId = '', nextHop = ''] = order.command.words
  const { message } = order.command
  if (message.startsWith('SIP/2.0')) return respond(state, order, transactionId)
  if (methodOf(message) === 'CANCEL') return sendCancel(state, order, transactionId)
  send(state, order, { dialogId, nextHop })
}

/** A response to a request of the network. */
function respond(state: State, { command, reply, fail }: Order, transactionId: string): void {
  const transaction = state.transactions.get(transactionId)
  if (!transaction || transaction.over) return fail('Response not sent due to unknown transaction')
  const status = statusOf(command.message)
  const method = methodOf(transaction.request)
  transaction.responses.push(command.message)
  transaction.over = status >= 200
  if (method === 'INVITE' && transaction.dialogId === '') transaction.dialogId = dialogIdOf(transaction.request)
  if (method === 'INVITE' && status === 200) {
    const { callId, from, to } = endsOf(transaction.request)
    state.dialogs.set(transaction.dialogId, { callId, from: `${to};tag=uas`, to: from })
  }
  reply(responseSent(command.message, method, { transactionId, dialogId: transaction.dialogId }))
}

function send(
  state: State,
  { command, reply, fail }: Order,
  { dialogId, nextHop }: Pick<SentRequest, 'dialogId' | 'nextHop'>,
): void {
  const method = methodOf(command.message)
  if (dialogId !== '' && !state.dialogs.has(dialogId)) {
    return fail('Server error: unable to find dialog for dialog id provided')
  }
  const [head = '', ...rest] = command.message.split('\r\n\r\n')
  const [start = '', ...headers] = head.split('\r\n')
  // The server recognises SDP by its first line, and sends no other body without a type.
  const untyped = rest.join('') !== '' && headerOf(command.message, 'Content-Type').length === 0
  if (untyped && !rest[0]?.startsWith('v=0')) return fail('Server error: missing content-type')
  if (untyped) headers.push('Content-Type: application/sdp')
  const text = requestLines(state, start, { headers, dialogId, body: rest.join('\r\n\r\n') })
  const own = dialogId === '' && method === 'INVITE' ? dialogIdOf(text) : dialogId
  const request = { method, text, transactionId: idOf(state), dialogId: own, nextHop }
  state.sent.push(request)
  reply(requestSent(text, request.transactionId))
  if (method === 'INVITE') state.invites.set(request.transactionId, newInvite(request))
  if (method !== 'ACK' && state.deaf.has(placeOf(request).join(':'))) answerFor(state, request, 503)
  if (method === 'BYE') state.dialogs.delete(dialogId)
  if (method === 'ACK') acknowledged(state, dialogId)
}

function answerFor(state: State, request: SentRequest, status: number): void {
  state.invites.delete(request.transactionId)
  state.send(ownFinal(responseText(request.text, status), request))
}

/** The server itself sends the BYE to a far end that has answered an INVITE in spite of a CANCEL. */
function acknowledged(state: State, dialogId: string): void {
  for (const invite of state.invites.values()) {
    if (invite.request.dialogId !== dialogId || !invite.answered || invite.acknowledged) continue
    invite.acknowledged = true
    if (placeOf(invite.request)[0].includes(':')) state.acknowledgesIpv6()
    if (invite.byeBehindAck) endDialog(state, dialogId)
  }
}

function sendCancel(state: State, { command, reply, fail }: Order, transactionId: string): void {
  const invite = state.invites.get(transactionId)
  if (!invite || invite.acknowledged) return fail(`unable to cancel unknown transaction id: ${transactionId}`)
  if (invite.answered) return fail(`internal server error canceling transaction id: ${transactionId}`)
  invite.cancelled = true
  state.sent.push({ method: 'CANCEL', text: command.message, transactionId, dialogId: '', nextHop: '' })
  reply(cancelTaken(command.message, idOf(state), !invite.hasProvisional))
}

/** The application does not get a request inside a dialog that the server does not have. */
function receive(
  state: State,
  request: string,
  { source, dialogId }: { readonly source: Source; readonly dialogId: string },
): CallerTransaction {
  const method = methodOf(request)
  const responses = method === 'INVITE' ? ['SIP/2.0 100 Trying\r\n\r\n'] : []
  const statuses = (): number[] => responses.map(statusOf)
  const about = { id: idOf(state), request, responses, statuses, dialogId }
  const transaction: Transaction = { ...about, over: false, acknowledged: false }
  state.transactions.set(transaction.id, transaction)
  if (dialogId !== '' && !state.dialogs.has(dialogId)) {
    transaction.over = true
    if (method !== 'ACK') responses.push(responseText(request, 481))
    return transaction
  }
  if (method === 'BYE') state.dialogs.delete(dialogId)
  if (method === 'ACK') {
    for (const one of state.transactions.values()) one.acknowledged ||= one.dialogId === dialogId
  }
  state.send(handedRequest(request, source, { transactionId: transaction.id, dialogId }))
  return transaction
}

/** The server answers 200 and 487; if the CANCEL has crossed a 200, the server ends the dialog. */
function cancel(state: State, transaction: CallerTransaction, extra: readonly string[]): void {
  const known = [...state.transactions.values()].find((one) => one === transaction)
  if (!known) return
  if (known.over) {
    const crossed = known.statuses().at(-1) === 200 && !known.acknowledged && state.dialogs.has(known.dialogId)
    return crossed ? endDialog(state, known.dialogId) : undefined
  }
  known.over = true
  known.responses.push('SIP/2.0 487 Request Terminated\r\n\r\n')
  const text = known.request.replace(/^INVITE/, 'CANCEL').replace(/(CSeq: \d+) INVITE/, '$1 CANCEL')
  const withReasons = text.replace('Content-Length:', `${extra.map((line) => `${line}\r\n`).join('')}Content-Length:`)
  const [head = ''] = withReasons.split('\r\n\r\n')
  const cancelText = `${head.replace(/Content-Length: \d+/, 'Content-Length: 0')}\r\n\r\n`
  state.send(handedCancel(cancelText, known.request, { transactionId: known.id, dialogId: known.dialogId }))
}

function answer(state: State, request: SentRequest, text: string): void {
  const status = statusOf(text)
  const invite = state.invites.get(request.transactionId)
  if (invite) {
    invite.hasProvisional ||= status < 200
    if (status === 200 && invite.acknowledged) {
      state.repeatedAcks++
      return
    }
    follow(state, invite, text)
  }
  // A 100 ends at the server.
  if (status === 100) return
  state.send(handedResponse(text, placeOf(request), request))
}

/** The dialog exists from the first provisional response above 100 until a refusal. */
function follow(state: State, invite: SentInvite, text: string): void {
  const status = statusOf(text)
  const { dialogId } = invite.request
  const inside = headerOf(invite.request.text, 'To')[0]?.includes(';tag=')
  if (status > 100 && status <= 200) state.dialogs.set(dialogId, endsOf(text))
  if (status > 200 && !inside) state.dialogs.delete(dialogId)
  if (status !== 200) return
  invite.answered = true
  invite.byeBehindAck ||= invite.cancelled && !inside
}

/** The server ends a dialog by itself and reports it. */
function endDialog(state: State, dialogId: string): void {
  const bye = requestLines(state, 'BYE sip:far@192.0.2.9 SIP/2.0', { headers: [], dialogId, body: '' })
  state.dialogs.delete(dialogId)
  state.send(ownBye(bye, dialogId))
}

/** A request as the server sends it: the headers of the leg are the server's own. */
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
    `Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK-${number}`,
    ...(given.some((line) => /^Max-Forwards:/i.test(line)) ? [] : ['Max-Forwards: 70']),
    ...own,
    ...given,
    `CSeq: ${number} ${method}`,
    'Contact: <sip:192.0.2.1:5060>',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
}

function newInvite(request: SentRequest): SentInvite {
  return { request, hasProvisional: false, cancelled: false, answered: false, acknowledged: false, byeBehindAck: false }
}

function endsOf(message: string): Dialog {
  const [callId = '', from = '', to = ''] = ['Call-ID', 'From', 'To'].map((name) => headerOf(message, name)[0])
  return { callId, from, to }
}

function dialogIdOf(request: string): string {
  const [callId = ''] = headerOf(request, 'Call-ID')
  const tag = /;tag=([^;\s]+)/.exec(headerOf(request, 'From')[0] ?? '')?.[1] ?? ''
  return `${callId};from-tag=${tag}`
}

/** The address to which a request was sent; inside a dialog it is the far end's own Contact. */
function placeOf({ text, nextHop }: SentRequest): readonly [string, number] {
  const uri = nextHop === '' ? (text.split(' ', 2)[1] ?? '') : nextHop
  const found = /^sip:(?:[^@\s]*@)?(\[[^\]]+\]|[\d.]+):(\d+)/.exec(uri)
  return [found?.[1]?.replace(/[[\]]/g, '') ?? '10.0.0.1', Number(found?.[2] ?? 5080)]
}

function idOf(state: State): string {
  return `id-${++state.ids}`
}
