import { describe, expect, it } from '@jest/globals'
import type { BranchInput } from '../../../../../ingress/sip/proxy/branch-table.ts'
import { type RecordedCallOptions, recordedCall } from '../../../../support/recorded-call.ts'

type Input = readonly ['cancel'] | readonly [target: string, input: BranchInput, status?: number, headers?: string]

/** What is done at the last of these inputs. */
function effectsOfLast(inputs: readonly Input[], call?: RecordedCallOptions): string[] {
  const recorded = recordedCall(call)
  for (const input of inputs) {
    recorded.effects()
    if (input.length === 1) recorded.progress.cancel()
    else recorded.input(...input)
  }
  return recorded.effects()
}

type Row = readonly [sentence: string, inputs: readonly Input[], effects: readonly string[], call?: RecordedCallOptions]

const TRYING_B = ['began B', 'try B'] as const
const TWO: RecordedCallOptions = { targets: 'AB' }
const ONE: RecordedCallOptions = { targets: 'A' }
const BEFORE_RINGING: RecordedCallOptions = { plan: { failover: 'BeforeRinging' } }
const HUNG_UP: RecordedCallOptions = { options: { furtherSuccess: 'hung-up' } }
const ringing = ['A', 'provisional', 180] as const
const busy = ['A', 'failure', 486] as const

const RESPONSES: readonly Row[] = [
  ['goes to the first target', [], ['began A', 'try A']],
  ['says nothing of a 100 (§16.7 step 5)', [['A', 'trying', 100]], []],
  [
    'relays 101 to 199 and starts Timer C again (§16.7 steps 2 and 5)',
    [ringing],
    ['timer C A', 'first response A 180', 'relay A 180'],
  ],
  ['reports the first response once', [ringing, ['A', 'provisional', 183]], ['timer C A', 'relay A 183']],
  [
    'starts the ringing timer with the first that rings',
    [ringing],
    ['timer C A', 'ringing timer A 9000', 'first response A 180', 'relay A 180'],
    { plan: { ringingTimeout: 9000 } },
  ],
  [
    'relays a 2xx at once (§16.7 step 5)',
    [['A', 'success', 200]],
    ['attempt A answered 200', 'first response A 200', 'final A 200 forwarded'],
  ],
  [
    'relays every further 2xx and reports none (§16.7 step 5)',
    [
      ['A', 'success', 200],
      ['A', 'success', 200],
    ],
    ['further A 200'],
  ],
  [
    'relays a 2xx of a branch that was left behind',
    [
      ['A', 'backend-timer'],
      ['B', 'success', 200],
      ['A', 'success', 202],
    ],
    ['attempt A late 202', 'further A 202'],
  ],
  [
    'relays a 2xx after another final response (§16.7 step 5)',
    [
      ['A', 'backend-timer'],
      ['B', 'failure', 486],
      ['A', 'success', 200],
    ],
    ['attempt A late 200', 'further A 200'],
  ],
  [
    'takes the late 2xx of a branch that was given up for the answer',
    [
      ['A', 'backend-timer'],
      ['A', 'success', 200],
    ],
    ['attempt A late 200', 'first response A 200', 'final A 200 forwarded'],
  ],
  [
    'ends each further 2xx and reports it, where the call is two legs',
    [
      ['A', 'success', 200],
      ['A', 'success', 200],
    ],
    ['attempt A late 200', 'further A 200'],
    HUNG_UP,
  ],
  [
    'reports no first response after the end, where the call is two legs',
    [
      ['A', 'backend-timer'],
      ['B', 'backend-timer'],
      ['A', 'success', 200],
    ],
    ['attempt A late 200', 'further A 200'],
    { ...HUNG_UP, ...TWO, plan: { failoverOn: new Set(['timeout']) } },
  ],
]

const FAILOVER: readonly Row[] = [
  [
    'relays what the rule does not fail over on',
    [busy],
    ['attempt A refused 486', 'first response A 486', 'final A 486 forwarded'],
  ],
  ['tries the next target on a status of the rule', [['A', 'failure', 503]], ['attempt A refused 503', ...TRYING_B]],
  [
    'reports how long a backend asks to be left alone',
    [['A', 'failure', 503, 'Retry-After: 20\r\n']],
    ['attempt A refused 503 retry after 20', ...TRYING_B],
  ],
  ['tries the next target after silence', [['A', 'time-out']], ['attempt A timeout 0 silent', ...TRYING_B]],
  [
    'leaves a silent branch behind when the time of the rule is over',
    [['A', 'backend-timer']],
    ['attempt A timeout 0 silent', ...TRYING_B],
  ],
  [
    'counts a failure of the transport as a condition of its own',
    [['A', 'unreachable']],
    ['attempt A transport 0 silent', ...TRYING_B],
  ],
  [
    'answers for itself where the rule does not fail over on silence',
    [['A', 'time-out']],
    ['attempt A timeout 0 silent', 'final own 503 exhausted'],
    { plan: { failoverOn: new Set(['transport']) } },
  ],
  [
    'fails over after ringing where the rule says Always',
    [ringing, ['A', 'failure', 500]],
    ['attempt A refused 500', ...TRYING_B],
  ],
  [
    'stays with a target that has rung where the rule says BeforeRinging',
    [ringing, ['A', 'failure', 500]],
    ['attempt A refused 500', 'final A 500 exhausted'],
    BEFORE_RINGING,
  ],
  [
    'fails over before ringing where the rule says BeforeRinging',
    [['A', 'failure', 500]],
    ['attempt A refused 500', ...TRYING_B],
    BEFORE_RINGING,
  ],
  [
    'ends the search at a 6xx, whatever the rule says (§16.7 step 5)',
    [['A', 'failure', 603]],
    ['attempt A refused 603', 'first response A 603', 'final A 603 forwarded'],
    { plan: { failoverOn: new Set([603]) } },
  ],
  [
    'ends the search at the 6xx of a branch that was left behind',
    [
      ['A', 'backend-timer'],
      ['A', 'failure', 600],
    ],
    ['first response A 600', 'final A 600 forwarded'],
  ],
  [
    'only counts another failure of a branch that was left behind',
    [
      ['A', 'backend-timer'],
      ['A', 'failure', 404],
    ],
    [],
  ],
]

const BEST: readonly Row[] = [
  [
    'relays the best response when no target is left (§16.7 step 6)',
    [
      ['A', 'backend-timer'],
      ['A', 'failure', 404],
      ['B', 'failure', 500],
    ],
    ['attempt B refused 500', 'first response A 404', 'final A 404 exhausted'],
    TWO,
  ],
  [
    'prefers what came before to a worse response that ends the search',
    [
      ['A', 'failure', 401],
      ['B', 'failure', 486],
    ],
    ['attempt B refused 486', 'first response A 401', 'final A 401 forwarded +486'],
    { ...TWO, plan: { failoverOn: new Set([401]) } },
  ],
  [
    'adds the challenges of the others to a 407 (§16.7 step 7)',
    [
      ['A', 'failure', 407],
      ['B', 'failure', 407],
    ],
    ['attempt B refused 407', 'first response A 407', 'final A 407 exhausted +407'],
    { ...TWO, plan: { failoverOn: new Set([407]) } },
  ],
  [
    'never relays a 503 (§16.7 step 6)',
    [['A', 'failure', 503]],
    ['attempt A refused 503', 'final own 503 exhausted'],
    ONE,
  ],
  [
    'says what the plan says when every target is silent',
    [['A', 'time-out']],
    ['attempt A timeout 0 silent', 'final own 503 exhausted'],
    ONE,
  ],
  [
    'says 500 inside a dialog when its target cannot be reached (§16.9)',
    [['A', 'unreachable']],
    ['attempt A transport 0 silent', 'final own 500 exhausted'],
    { ...ONE, options: { nextHopUnreachable: 'always' } },
  ],
  [
    'says what the plan says to a new call of which no target can be reached',
    [['A', 'unreachable']],
    ['attempt A transport 0 silent', 'final own 503 exhausted'],
    { ...ONE, options: { nextHopUnreachable: 'no-failover' } },
  ],
  [
    'says 500 where the rule does not go on from a target that cannot be reached',
    [['A', 'unreachable']],
    ['attempt A transport 0 silent', 'final own 500 exhausted'],
    { options: { nextHopUnreachable: 'no-failover' }, plan: { failoverOn: new Set() } },
  ],
  [
    'says 503 there where the engine says 500 to nobody',
    [['A', 'unreachable']],
    ['attempt A transport 0 silent', 'final own 503 exhausted'],
    { plan: { failoverOn: new Set() } },
  ],
]

const ENDS: readonly Row[] = [
  ['answers 487 once every branch is over, not before (§16.10)', [ringing, ['cancel']], ['send CANCEL A']],
  [
    'relays the 487 of the backend',
    [ringing, ['cancel'], ['A', 'failure', 487]],
    ['attempt A cancelled 487', 'final A 487 cancelled'],
  ],
  [
    'relays no 5xx as if the call had failed',
    [ringing, ['cancel'], ['A', 'failure', 500]],
    ['attempt A cancelled 500', 'final own 487 cancelled'],
  ],
  ['relays a 6xx', [ringing, ['cancel'], ['A', 'failure', 603]], ['attempt A cancelled 603', 'final A 603 cancelled']],
  ['holds the CANCEL back until a provisional response has come (§9.1)', [['cancel']], []],
  ['sends it then, and relays that response no more', [['cancel'], ringing], ['send CANCEL A']],
  [
    'answers 487 when nothing comes after a CANCEL',
    [ringing, ['cancel'], ['A', 'cancel-timer']],
    ['attempt A cancelled 0', 'final own 487 cancelled'],
  ],
  [
    'tries no target after a CANCEL',
    [ringing, ['cancel'], ['A', 'unreachable']],
    ['attempt A cancelled 0', 'final own 487 cancelled'],
  ],
  [
    'relays a 2xx that crosses the CANCEL',
    [ringing, ['cancel'], ['A', 'success', 200]],
    ['attempt A answered 200', 'final A 200 forwarded'],
  ],
  ['does nothing at a second CANCEL', [ringing, ['cancel'], ['cancel']], []],
  ['cancels a branch at Timer C (§16.8)', [ringing, ['A', 'timer-c']], ['send CANCEL A']],
  [
    'answers 408 to a call that rang too long, and tries nobody else (§16.8)',
    [ringing, ['A', 'ringing-timer'], ['A', 'failure', 487]],
    ['attempt A timeout 487', 'final own 408 forwarded'],
  ],
  [
    'cancels what is pending once the answer is out (§16.7 step 10)',
    [
      ['A', 'backend-timer'],
      ['B', 'provisional', 180],
      ['A', 'success', 200],
    ],
    ['attempt A late 200', 'final A 200 forwarded', 'send CANCEL B'],
  ],
]

const TARGETS: readonly Row[] = [
  [
    'passes over a target that the engine must not send to',
    [],
    ['attempt A passed_over 0 silent', ...TRYING_B],
    { obstacles: { A: 'passed-over' } },
  ],
  [
    'fails over from a target without a socket',
    [],
    ['began A', 'attempt A no_socket 0 silent', ...TRYING_B],
    { unreachable: 'A' },
  ],
  [
    'answers 440 when no share of Max-Breadth is left (RFC 5393 §5.3.3.1)',
    [['A', 'failure', 503]],
    ['attempt A refused 503', 'final own 440 exhausted'],
    { obstacles: { B: 'out-of-breadth' } },
  ],
  [
    'is exhausted where every target is passed over',
    [],
    ['attempt A passed_over 0 silent', 'attempt B passed_over 0 silent', 'final own 503 exhausted'],
    { ...TWO, obstacles: { A: 'passed-over', B: 'passed-over' } },
  ],
]

describe('a proxied INVITE (RFC 3261 §16.7)', () => {
  it.each([...RESPONSES, ...FAILOVER, ...BEST, ...ENDS, ...TARGETS])('%s', (_sentence, ...row) => {
    const [inputs, effects, call] = row
    expect(effectsOfLast(inputs, call)).toEqual(effects)
  })

  it('is answered at once when the process ends, and never again', () => {
    const { progress, effects, input } = recordedCall()
    effects()
    progress.end({ status: 503, reason: 'Service Unavailable' })
    progress.end({ status: 503, reason: 'Service Unavailable' })
    input('A', 'failure', 486)
    progress.cancel()
    expect(effects()).toEqual(['final own 503 exhausted'])
  })

  it('decides nothing once the caller has gone', () => {
    const { progress, effects, input } = recordedCall()
    effects()
    expect([progress.close(), progress.close()]).toEqual([true, false])
    input('A', 'provisional', 180)
    input('A', 'failure', 503)
    expect(effects()).toEqual(['attempt A refused 503'])
  })

  it('lets go of its plan, branches and responses, and still handles a further 2xx', () => {
    const { progress, effects, input } = recordedCall()
    input('A', 'success', 200)
    effects()
    progress.forget()
    expect(progress.branches).toEqual([])
    expect(() => progress.plan).toThrow('a call that is over')
    input('A', 'success', 200)
    expect(effects()).toEqual(['further A 200'])
  })
})
