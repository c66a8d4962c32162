import { z } from 'zod'
import { reasonPhrase } from './message-text.ts'

/** A final response that refuses a call: a status from 400 to 699, and its reason phrase. */
export const statusLine = z.strictObject({
  status: z.int().min(400).max(699).describe('The status of the answer, 400 to 699.'),
  reason: reasonPhrase
    .optional()
    .describe('The reason phrase beside the status. Default: the phrase of RFC 3261 for the status.'),
})

/** A refusal as users write it: a status and a reason phrase. */
export type StatusLineSpec = z.output<typeof statusLine>
