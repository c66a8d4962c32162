import { isSupportedCountry } from 'libphonenumber-js'
import { z } from 'zod'

/**
 * A region whose numbering plan the ingress knows. The API server checks the form only: the list of regions belongs to
 * the library that reads the numbers.
 */
export const regionCode = z
  .string()
  .length(2)
  .regex(/^[A-Z]{2}$/, 'is not an ISO 3166 alpha-2 code: two capital letters such as US')
  .refine((code) => !/^[A-Z]{2}$/.test(code) || isSupportedCountry(code), {
    message: 'is not a region with a numbering plan (the United Kingdom is GB)',
  })
