import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import type { BranchInput } from '../../../../../ingress/sip/proxy/branch-table.ts'
import { type RecordedCallOptions, recordedCall } from '../../../../support/recorded-call.ts'

type Input = readonly ['cancel'] | readonly [target: string, input: BranchInput, status?: number, headers?: string]

const TARGET_NAMES = ['A', 'B', 'C'] as const
const target = fc.constantFrom(...TARGET_NAMES)
const anyInput: fc.Arbitrary<Input> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(['cancel'] as const) },
  { weight: 3, arbitrary: fc.tuple(target, fc.constant('provisional' as const), fc.constantFrom(180, 183)) },
  { weight: 1, arbitrary: fc.tuple(target, fc.constant('success' as const), fc.constantFrom(200, 202)) },
  {
    weight: 5,
    arbitrary: fc.tuple(target, fc.constant('failure' as const), fc.constantFrom(302, 401, 486, 500, 503, 603)),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(
      target,
      fc.constantFrom<BranchInput>(
        'trying',
        'time-out',
        'unreachable',
        'backend-timer',
        'ringing-timer',
        'timer-c',
        'cancel-timer',
      ),
    ),
  },
)
const anyCall: fc.Arbitrary<RecordedCallOptions> = fc.record({
  plan: fc.record({
    failover: fc.constantFrom('Always' as const, 'BeforeRinging' as const),
    failoverOn: fc
      .subarray(['timeout', 'transport', 401, 486, 500, 503, 603] as const)
      .map((conditions) => new Set(conditions)),
  }),
  options: fc.record({
    furtherSuccess: fc.constantFrom('relayed' as const, 'hung-up' as const),
    nextHopUnreachable: fc.constantFrom('always' as const, 'no-failover' as const, 'never' as const),
  }),
  unreachable: fc.subarray([...TARGET_NAMES]).map((names) => names.join('')),
})

/** What each branch says in the end, so that no call waits for ever. */
const LAST_INPUTS: readonly Input[] = TARGET_NAMES.flatMap((name) => [
  [name, 'time-out'],
  [name, 'cancel-timer'],
])

interface Step {
  readonly input: Input | undefined
  readonly effects: readonly string[]
}

function stepsOf(call: RecordedCallOptions, inputs: readonly Input[]): Step[] {
  const recorded = recordedCall(call)
  const begun: Step = { input: undefined, effects: recorded.effects() }
  const steps = [...inputs, ...LAST_INPUTS].map((input) => {
    if (input.length === 1) recorded.progress.cancel()
    else recorded.input(...input)
    return { input, effects: recorded.effects() }
  })
  return [begun, ...steps]
}

/** For any call and any inputs. */
function always(holds: (steps: readonly Step[], all: readonly string[]) => void): void {
  const property = fc.property(anyCall, fc.array(anyInput, { maxLength: 14 }), (call, inputs) => {
    const steps = stepsOf(call, inputs)
    holds(
      steps,
      steps.flatMap(({ effects }) => effects),
    )
  })
  fc.assert(property, { numRuns: 300 })
}

const startingWith = (all: readonly string[], start: string) => all.filter((line) => line.startsWith(start))

describe('whatever the branches receive, and in whichever order,', () => {
  it('the caller gets one final response, and after it nothing but further 2xx', () => {
    always((_steps, all) => {
      expect(startingWith(all, 'final ')).toHaveLength(1)
      const behind = all.slice(all.findIndex((line) => line.startsWith('final ')) + 1)
      expect(behind.filter((line) => /^(relay|try|began) /.test(line))).toEqual([])
    })
  })

  it('the caller gets no provisional response that no backend has sent', () => {
    always((steps) => {
      for (const { input, effects } of steps) {
        const relayed = startingWith(effects, 'relay ')
        expect(input?.[1] === 'provisional' ? [[], [`relay ${input[0]} ${input[2]}`]] : [[]]).toContainEqual(relayed)
      }
    })
  })

  it('no target is tried twice, and the order of the plan is kept', () => {
    always((_steps, all) => {
      const tried = startingWith(all, 'began ').join('')
      expect('began Abegan Bbegan C'.startsWith(tried)).toBe(true)
    })
  })

  it('no target is tried after a CANCEL, nor after a 6xx that reached a call without its final response', () => {
    always((steps) => {
      const end = steps.findIndex(({ input, effects }) => {
        return input?.[0] === 'cancel' || effects.some((line) => /refused 603|final \S+ 603/.test(line))
      })
      const after = end === -1 ? [] : steps.slice(end).flatMap(({ effects }) => effects)
      expect(startingWith(after, 'began ')).toEqual([])
    })
  })

  it('the end of each attempt is reported once, but for a 2xx that comes late', () => {
    always((_steps, all) => {
      for (const name of TARGET_NAMES) {
        const reports = startingWith(all, `attempt ${name} `).filter((line) => !line.includes(' late '))
        const isLeft = startingWith(all, `began ${name}`).length
        expect(reports.length).toBeLessThanOrEqual(isLeft)
      }
    })
  })

  it('the first response is reported once', () => {
    always((_steps, all) => expect(startingWith(all, 'first response').length).toBeLessThanOrEqual(1))
  })
})
