import { z } from 'zod'
import { MAX_URI_LENGTH } from './limits.ts'

/** The URI of a redirection. It is written between angle brackets (RFC 3261 §20.10), so it must not hold angle brackets. */
export const contactUri = z
  .string()
  .min(1)
  .max(MAX_URI_LENGTH)
  .regex(
    /^(sips?|tel):[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/,
    'is not a sip:, sips: or tel: URI, or holds a character that a URI cannot carry',
  )
