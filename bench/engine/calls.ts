/** The calls of the bench, packet by packet: a refused one, a stranger's, and a forwarded one. */
import type { Buffer as Bytes } from 'node:buffer'
import type { TableEntry } from '../../ingress/route-table/route-table.ts'
import { answeredText, endedText, ringingText } from '../load/backend.ts'
import { copiedLines, dialogRequest, inviteText, lineOf, refusalAck, routeLines } from '../load/call-messages.ts'
import { CALL_MARK, CALLED_MARK, callDigits } from '../load/message-template.ts'
import { exactRuleNear, mixed, received, ruleOf, trunk } from '../mixed-table.ts'
import { FIRST_NUMBER, NUMBER_STEP, spread } from '../numbering.ts'
import {
  callIdAt,
  checkCall,
  LEARNED_CALL,
  learnPacket,
  learnReply,
  offsetsOf,
  type Packet,
  packetFor,
  replyFor,
  writeDigits,
} from './packet.ts'
import { ENGINE_PORT, type Product } from './product.ts'
import type { Source, Wire } from './wire.ts'

export type Scenario = 'refused' | 'forwarded' | 'stranger'

const CALLER = { host: '127.0.0.1', port: 5062 }
const STRANGER_HOST = '198.18.0.9'
const RULE_DIGITS = 7
const BACKEND = { host: '10.0.0.5', port: 5060 }

/** A packet of the product as the empty engine sends it. */
interface Output extends Packet {
  readonly toBackend: boolean
}

/** One packet of a call to the product. */
export interface Step {
  readonly name: string
  /** Sends the packet for the call in `wire.slot`. Throws if the product's former packet for this call was wrong. */
  run(call: number): void
  /** What the product sent for it when the call was learned. */
  readonly outputs: readonly Output[]
}

export interface Calls {
  readonly steps: readonly Step[]
  /** What the product sends in each call, by the numbers of `Wire.counts`. */
  readonly expected: ReadonlyMap<number, number>
}

/** The table of so many rules, with a trunk for the caller. */
export function tableOf(rules: number): TableEntry[] {
  const carrier = { ...trunk, sources: [...trunk.sources, `${CALLER.host}/32`] }
  // The cookie of a call contains the rule's name. With names of one length, packets have their parts at the same places.
  const name = (i: number) => `voice/rule-${String(i).padStart(RULE_DIGITS, '0')}`
  const rule = (i: number) => received({ ...ruleOf(i, mixed(i)), name: name(i) })
  return [carrier, ...Array.from({ length: rules }, (_, i) => rule(i))]
}

/** The called number of a call: digits behind a constant beginning. */
interface Called {
  readonly beginning: string
  readonly digits: number
  readonly value: (call: number) => number
}

const UNKNOWN: Called = {
  beginning: '+49',
  digits: 9,
  value: (call) => 100_000_000 + spread(call, 900_000_000),
}

function routed(rules: number): Called {
  const value = (call: number): number =>
    FIRST_NUMBER + Math.min(exactRuleNear(spread(call, rules)), rules - 1) * NUMBER_STEP
  return { beginning: '+1', digits: 10, value }
}

/** Learns the packets of a scenario by making one call. Throws if it does not go as it should. */
export function learnCalls(scenario: Scenario, product: Product, wire: Wire, rules: number): Calls {
  switch (scenario) {
    case 'refused':
      return learnRefused(createLearner(product, wire))
    case 'forwarded':
      return learnForwarded(createLearner(product, wire), routed(rules))
    case 'stranger':
      return learnStranger(createLearner(product, wire))
  }
}

/** Makes the call from which everything is learned, and collects its steps. */
interface Learner {
  readonly wire: Wire
  readonly caller: Source
  readonly backend: Source
  readonly stranger: Source
  readonly steps: Step[]
  /** Adds a step, and makes it for the learned call. */
  add(name: string, run: Step['run']): void
  readonly toCaller: () => Bytes
  readonly toBackend: () => Bytes
}

function createLearner(product: Product, wire: Wire): Learner {
  const steps: Step[] = []
  const source = (host: string, port: number): Source => ({ address: product.address(host), port })
  const sent = (packets: readonly (Bytes | undefined)[], to: string): Bytes => {
    const [bytes] = packets
    if (bytes) return bytes
    throw new Error(`ENGINE_BENCH_WRONG_ANSWER: after ${steps.at(-1)?.name}, nothing was sent to the ${to}`)
  }
  const add = (name: string, run: Step['run']): void => {
    const before = [wire.toCaller[0], wire.toBackend[0]]
    run(LEARNED_CALL)
    const after = [wire.toCaller[0], wire.toBackend[0]]
    const outputs = after.flatMap((bytes, place) =>
      bytes === undefined || bytes === before[place]
        ? []
        : [{ ...learnPacket(bytes.toString('latin1')), toBackend: place === 1 }],
    )
    steps.push({ name, run, outputs })
  }
  return {
    ...{ wire, steps, add, caller: source(CALLER.host, CALLER.port), backend: source(BACKEND.host, BACKEND.port) },
    ...{ stranger: source(STRANGER_HOST, CALLER.port) },
    toCaller: () => sent(wire.toCaller, 'caller'),
    toBackend: () => sent(wire.toBackend, 'backend'),
  }
}

function learnRefused(learner: Learner): Calls {
  const { wire, caller, steps } = learner
  addInvite(learner, caller, UNKNOWN)
  const refusal = learner.toCaller()
  const to = lineOf(refusal.toString('latin1'), 'To')
  const ports = { local: CALLER.port, server: ENGINE_PORT }
  const called = `${UNKNOWN.beginning}${UNKNOWN.value(LEARNED_CALL)}`
  const ack = learnReply(refusalAck(LEARNED_CALL, called, ports, to), refusal, [to])
  const numbersAt = numberPlaces(ack.bytes.toString('latin1'), UNKNOWN).slice(0, 1)
  learner.add('ACK', (call) => {
    const bytes = replyFor(ack, wire.toCaller[wire.slot], call)
    for (const at of numbersAt) writeDigits(bytes, at, { value: UNKNOWN.value(call), digits: UNKNOWN.digits })
    wire.deliver(bytes, caller)
  })
  return { steps, expected: new Map([[503, 1]]) }
}

function learnStranger(learner: Learner): Calls {
  addInvite(learner, learner.stranger, UNKNOWN)
  return { steps: learner.steps, expected: new Map() }
}

function learnForwarded(learner: Learner, called: Called): Calls {
  const { wire, backend, steps } = learner
  addInvite(learner, learner.caller, called)
  const at = `${BACKEND.host}:${BACKEND.port}`
  const invite = learner.toBackend()
  addAnswer(learner, 'from backend: 180', { request: invite, text: (copied) => ringingText(copied, at) })
  addAnswer(learner, 'from backend: 200', { request: invite, text: (copied) => answeredText(copied, at) })
  const answer = learner.toCaller()
  addInDialog(learner, 'ACK', answer)
  addInDialog(learner, 'BYE', answer)
  const ended = learner.toBackend()
  const bye = learnAnswer(ended, endedText)
  let endCallAt = 0
  learner.add('from backend: 200 (BYE)', (call) => {
    wire.deliver(replyFor(bye, wire.toBackend[wire.slot], call), backend)
    if (endCallAt > 0) checkCall(wire.toCaller[wire.slot], endCallAt, call)
  })
  endCallAt = callIdAt(learner.toCaller())
  const letter = (method: string): number => method.charCodeAt(0)
  const responses: readonly (readonly [number, number])[] = [
    [100, 1],
    [180, 1],
    [200, 2],
  ]
  const requests = ['INVITE', 'ACK', 'BYE'].map((method) => [letter(method), 1] as const)
  return { steps, expected: new Map([...responses, ...requests]) }
}

function addInvite(learner: Learner, from: Source, called: Called): void {
  const text = inviteText(CALLER.port, ENGINE_PORT)
    .replaceAll(CALL_MARK, callDigits(LEARNED_CALL))
    .replaceAll(CALLED_MARK, `${called.beginning}${called.value(LEARNED_CALL)}`)
  const invite = learnPacket(text)
  const numbersAt = numberPlaces(text, called)
  learner.add('INVITE', (call) => {
    const bytes = packetFor(invite, call)
    const value = called.value(call)
    for (const at of numbersAt) writeDigits(bytes, at, { value, digits: called.digits })
    learner.wire.deliver(bytes, from)
  })
}

/** Where a text has the digits of the learned call's number. */
function numberPlaces(text: string, { beginning, value }: Called): number[] {
  return offsetsOf(text, `${beginning}${value(LEARNED_CALL)}`).map((at) => at + beginning.length)
}

function learnAnswer(request: Bytes, text: (copied: string) => string) {
  const lines = copiedLines(request.toString('latin1'))
  // What the product wrote differs between calls. A tag that the answer adds is not in the request.
  const values = lines
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/;tag=backend$/, ''))
  return learnReply(text(lines), request, [...new Set(values)])
}

function addAnswer(
  learner: Learner,
  name: string,
  { request, text }: { readonly request: Bytes; readonly text: (copied: string) => string },
): void {
  const answer = learnAnswer(request, text)
  const { wire, backend } = learner
  learner.add(name, (call) => wire.deliver(replyFor(answer, wire.toBackend[wire.slot], call), backend))
}

function addInDialog(learner: Learner, method: 'ACK' | 'BYE', answer: Bytes): void {
  const text = answer.toString('latin1')
  const target = lineOf(text, 'Contact').slice('Contact: <'.length, -1)
  const to = lineOf(text, 'To')
  const routes = routeLines(text)
  const request = dialogRequest(method, { call: LEARNED_CALL, target, routes, to }, CALLER.port)
  const values = [...routes.matchAll(/^Route: (.*)$/gm)].map(([, value = '']) => value.trimEnd())
  const reply = learnReply(request, answer, [...values, to])
  const { wire, caller } = learner
  learner.add(method, (call) => wire.deliver(replyFor(reply, wire.toCaller[wire.slot], call), caller))
}
