import { z } from 'zod'
import { durationBetween, durationMilliseconds } from './duration.ts'
import { MAX_PROBE_STATUSES, MAX_PROBES_IN_A_ROW, MAX_USER_LENGTH } from './limits.ts'
import { uniqueNumbers, withRules } from './validation-rule.ts'

const INTERVAL = '30s'
const TIMEOUT = '2s'

const probesInARow = z.int().min(1).max(MAX_PROBES_IN_A_ROW)

const options = withRules(
  z.strictObject({
    interval: durationBetween('5s', '1h')
      .default(INTERVAL)
      .describe(
        'Time between two probes of an address by one pod, 5s to 1h. If several rules name an address, the shortest interval holds for it. Default: 30s.',
      ),
    timeout: durationBetween('500ms', '32s')
      .default(TIMEOUT)
      .describe('How long a probe waits for its answer, 500ms to 32s, and less than interval. Default: 2s.'),
    failures: probesInARow
      .default(3)
      .describe('After so many failed probes in a row, calls go elsewhere, 1 to 10. Default: 3.'),
    successes: probesInARow
      .default(2)
      .describe('After so many answered probes in a row, calls come back, 1 to 10. Default: 2.'),
    statuses: uniqueNumbers(z.array(z.int().min(200).max(699)).max(MAX_PROBE_STATUSES))
      .default([503])
      .describe(
        'Final statuses that count as a failed probe, 200 to 699, at most 32. Any other answer shows that the backend is alive, 404 and 405 too. Default: 503.',
      ),
    user: z
      .string()
      .min(1)
      .max(MAX_USER_LENGTH)
      // RFC 3261 §25.1, `user` without escapes: what a Request-URI can carry as it is written.
      .regex(
        /^[A-Za-z0-9\-_.!~*'()&=+$,;?/]*$/,
        "has a character that the user of a URI cannot have: letters, digits and -_.!~*'()&=+$,;?/ can be used",
      )
      .optional()
      .describe(
        'The user in the Request-URI. The probe then has Max-Forwards 70, so a proxy passes it on to that user. Without it there is no user, and Max-Forwards is 0: the backend itself answers.',
      ),
  }),
  {
    cel: `duration(has(self.timeout) ? self.timeout : '${TIMEOUT}') < duration(has(self.interval) ? self.interval : '${INTERVAL}')`,
    message: 'timeout must be less than interval: a probe ends before the next one begins',
    holds: ({ interval, timeout }) => durationMilliseconds(timeout) < durationMilliseconds(interval),
    explain: ({ interval, timeout }) =>
      `timeout ${timeout} must be less than interval ${interval}: a probe ends before the next one begins`,
  },
)

/** How pods ask a backend whether it is alive. Without `options` they ask nothing. */
export const healthCheck = z.strictObject({
  options: options
    .optional()
    .describe(
      'Probes by OPTIONS requests, sent by each pod from the address that its calls come from. Without it there are no probes: {} in a backend switches off the probes of the rule.',
    ),
})

/** A health check after the schema has accepted it. */
export type HealthCheckSpec = z.output<typeof healthCheck>
