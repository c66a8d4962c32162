import { z } from 'zod'
import { MAX_BURST, MAX_CALL_SECONDS, MAX_CALLS_PER_SECOND, MAX_CONCURRENT_CALLS, MIN_CALL_SECONDS } from './limits.ts'
import { type ValidationRule, withRules } from './validation-rule.ts'

const fields = z.strictObject({
  callsPerSecond: z
    .int()
    .min(1)
    .max(MAX_CALLS_PER_SECOND)
    .optional()
    .describe(
      'New calls per second, 1 to 100000. A call beyond it is refused at once. To refuse every call, write a rule with type Reject. Default: no limit.',
    ),
  burst: z
    .int()
    .min(1)
    .max(MAX_BURST)
    .optional()
    .describe(
      'Calls that may come at one moment after a quiet time, before callsPerSecond holds; at least callsPerSecond. Default: callsPerSecond.',
    ),
  concurrentCalls: z
    .int()
    .min(1)
    .max(MAX_CONCURRENT_CALLS)
    .optional()
    .describe(
      'Calls at the same time, 1 to 1000000. A call counts from the moment when it is sent to a backend, so ringing calls count, until it is refused, cancelled or hung up. Default: no limit.',
    ),
  maxCallSeconds: z
    .int()
    .min(MIN_CALL_SECONDS)
    .max(MAX_CALL_SECONDS)
    .optional()
    .describe(
      'Seconds after which a call no longer counts for concurrentCalls, since nobody may ever say that it is over. The call itself goes on. 60 to 604800. Default: 14400, four hours.',
    ),
  scope: z
    .enum(['Pod', 'Installation'])
    .default('Pod')
    .describe(
      'Pod: each pod has these limits for itself. Installation: the pods share them, by what each of them is used for. Default: Pod.',
    ),
})

type Fields = z.output<typeof fields>

const rules: ValidationRule<Fields>[] = [
  {
    cel: 'has(self.callsPerSecond) || has(self.concurrentCalls)',
    message: 'limits nothing: write callsPerSecond, concurrentCalls or both',
    holds: ({ callsPerSecond, concurrentCalls }) => callsPerSecond !== undefined || concurrentCalls !== undefined,
  },
  {
    cel: '!has(self.burst) || has(self.callsPerSecond)',
    message: 'needs callsPerSecond beside it',
    field: 'burst',
    holds: ({ burst, callsPerSecond }) => burst === undefined || callsPerSecond !== undefined,
  },
  {
    cel: '!has(self.burst) || !has(self.callsPerSecond) || self.burst >= self.callsPerSecond',
    message: 'is below callsPerSecond: write a greater number, or leave it out',
    field: 'burst',
    holds: ({ burst, callsPerSecond }) => (burst ?? MAX_BURST) >= (callsPerSecond ?? 0),
  },
  {
    cel: '!has(self.maxCallSeconds) || has(self.concurrentCalls)',
    message: 'needs concurrentCalls beside it',
    field: 'maxCallSeconds',
    holds: ({ maxCallSeconds, concurrentCalls }) => maxCallSeconds === undefined || concurrentCalls !== undefined,
  },
  {
    cel: '!has(self.concurrentCalls) || !has(self.callsPerSecond) || self.concurrentCalls >= self.callsPerSecond',
    message:
      'is below callsPerSecond: calls that begin within one second count at the same time, so that rate would never be reached',
    field: 'concurrentCalls',
    holds: ({ concurrentCalls, callsPerSecond }) => (concurrentCalls ?? MAX_CONCURRENT_CALLS) >= (callsPerSecond ?? 0),
  },
  {
    cel: '!has(self.concurrentCalls) || !has(self.burst) || self.concurrentCalls >= self.burst',
    message: 'is below burst: such a burst could never be taken',
    field: 'concurrentCalls',
    holds: ({ concurrentCalls, burst }) => (concurrentCalls ?? MAX_CONCURRENT_CALLS) >= (burst ?? 0),
  },
]

/** The limits of a trunk or a rule, as users write them. */
export const callLimits = withRules(fields, ...rules)

export type CallLimitsSpec = z.output<typeof callLimits>
