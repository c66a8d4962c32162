/** A proxied INVITE without an engine: its branches go by the branch table, and what the call does is written down. */
import { parseIpAddress } from '../../ingress/address/ip-address.ts'
import type { SipMessage } from '../../ingress/sip/message/sip-message.ts'
import type { ProxyPlan, ProxyProgress, ProxyTarget } from '../../ingress/sip/port/engine.ts'
import { type BranchInput, type BranchState, branchStep } from '../../ingress/sip/proxy/branch-table.ts'
import {
  type CallBranch,
  type CallEffects,
  CallProgress,
  type ProgressOptions,
  type TargetObstacle,
} from '../../ingress/sip/proxy/call-progress.ts'
import { parsed } from './parsed-message.ts'

export interface RecordedCallOptions {
  /** One letter each. */
  readonly targets?: string
  readonly plan?: Partial<ProxyPlan>
  readonly options?: Partial<ProgressOptions>
  readonly obstacles?: Readonly<Record<string, TargetObstacle>>
  /** Targets for which there is no socket. */
  readonly unreachable?: string
}

export interface RecordedCall {
  readonly progress: CallProgress<RecordedBranch, SipMessage>
  /** Everything since the last look, a line each. */
  readonly effects: () => string[]
  /** Hands an input to the branch of a target; a response with its status and more header lines. */
  readonly input: (target: string, input: BranchInput, status?: number, headers?: string) => void
}

interface RecordedBranch extends CallBranch {
  input(input: BranchInput, response?: SipMessage): void
}

const address = parseIpAddress('192.0.2.1')

/** Begins at once. */
export function recordedCall(call: RecordedCallOptions = {}): RecordedCall {
  const log: string[] = []
  const plan = planOf(call, log)
  const branches = new Map<string, RecordedBranch>()
  const effects: CallEffects<RecordedBranch, SipMessage> = {
    read: (response) => response,
    retain: (response) => response.keep(),
    obstacleTo: ({ id }) => call.obstacles?.[id],
    tryTarget: (target) => {
      if (call.unreachable?.includes(target.id)) return progress.noSocket(target)
      log.push(`try ${target.id}`)
      const branch = new TableBranch(target, log, (...acted) => progress.act(...acted))
      branches.set(target.id, branch)
      progress.addBranch(branch)
    },
    sendCancel: ({ target }) => log.push(`send CANCEL ${target.id}`),
    relayProvisional: ({ target }, { status }) => log.push(`relay ${target.id} ${status}`),
    relaySuccess: ({ target }, { status }, result) => {
      log.push(`${result ? 'final' : 'further'} ${target.id} ${status}${result ? ` ${result.outcome}` : ''}`)
      if (result) settle()
    },
    relayFinal: ({ branch, status }, challenging, { outcome }) => {
      const challenges = challenging.map((message) => ` +${message.status}`).join('')
      log.push(`final ${branch.target.id} ${status} ${outcome}${challenges}`)
      settle()
    },
    answer: (answer, { outcome }) => {
      log.push(`final own ${answer.status} ${outcome}`)
      settle()
    },
  }
  const settle = (): void => {
    for (const branch of progress.branches) branch.input('overtaken')
  }
  const options = { furtherSuccess: 'relayed', nextHopUnreachable: 'never', ...call.options } as const
  const progress = new CallProgress(plan, effects, options)
  progress.begin()
  return {
    progress,
    effects: () => log.splice(0),
    input: (target, input, status, headers = '') =>
      branches.get(target)?.input(input, status === undefined ? undefined : responseOf(status, headers)),
  }
}

class TableBranch implements RecordedBranch {
  readonly target: ProxyTarget
  state: BranchState = 'calling'
  responseReceived = false
  isReported = false
  isAnswered = false
  readonly #log: string[]
  readonly #act: CallProgress<RecordedBranch, SipMessage>['act']

  constructor(target: ProxyTarget, log: string[], act: CallProgress<RecordedBranch, SipMessage>['act']) {
    this.target = target
    this.#log = log
    this.#act = act
  }

  input(input: BranchInput, response?: SipMessage): void {
    const step = branchStep(this.state, input)
    if (!step) return
    if (response) this.responseReceived = true
    this.state = step.to
    if (step.action) this.#act(this, step.action, response)
  }

  startTimerC(): void {
    this.#log.push(`timer C ${this.target.id}`)
  }

  startRingingTimer(ms: number): void {
    this.#log.push(`ringing timer ${this.target.id} ${ms}`)
  }
}

function planOf({ targets = 'ABC', plan }: RecordedCallOptions, log: string[]): ProxyPlan {
  if (!address) throw new Error('not an address')
  return {
    targets: targets.split('').map((id) => ({ id, address, port: 5060, transport: undefined, uriParameters: '' })),
    requestUser: undefined,
    backendTimeout: undefined,
    ringingTimeout: undefined,
    failoverOn: new Set<number | 'timeout' | 'transport'>(['timeout', 'transport', 500, 503]),
    failover: 'Always',
    dialogData: '',
    exhausted: { status: 503, reason: 'Service Unavailable' },
    setHeaders: [],
    removeHeaders: [],
    responseIdentity: 'keep',
    done: () => undefined,
    progress: (step) => log.push(lineOf(step)),
    ...plan,
  }
}

function lineOf(step: ProxyProgress): string {
  if (step.type !== 'attempt') {
    return step.type === 'began' ? `began ${step.target.id}` : `first response ${step.target.id} ${step.status}`
  }
  const retryAfter = step.retryAfter === undefined ? '' : ` retry after ${step.retryAfter}`
  return `attempt ${step.target.id} ${step.result} ${step.status}${step.heard ? '' : ' silent'}${retryAfter}`
}

function responseOf(status: number, headers: string): SipMessage {
  return parsed(`SIP/2.0 ${status} Said\r\nVia: SIP/2.0/UDP 192.0.2.9\r\n${headers}Content-Length: 0\r\n\r\n`)
}
