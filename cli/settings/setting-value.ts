/** Schemas for the values of settings. Each schema takes the list of texts that were given. */

import { statSync } from 'node:fs'
import { z } from 'zod'
import { errorText } from '../../ingress/text/error-text.ts'
import { redactedText } from '../../ingress/text/redacted-text.ts'

/**
 * A value that `read` makes from a text. `form` describes valid texts in an error. If `read` throws, the error is reported
 * as a problem.
 */
export function textOf<T>(read: (text: string) => T | undefined, form: string) {
  return z.string().transform((text, context) => {
    const refuse = (why: string) => {
      context.addIssue({ code: 'custom', message: redactedText(`"${text}" is not ${form}${why}`) })
      return z.NEVER
    }
    try {
      return read(text) ?? refuse('')
    } catch (error) {
      return refuse(`: ${errorText(error)}`)
    }
  })
}

/** The value of a setting that has exactly one value, given or by default. */
export function one<T>(schema: z.ZodType<T, string>) {
  return z.tuple([schema], 'must be given').transform(([value]) => value)
}

export function optional<T>(schema: z.ZodType<T, string>) {
  return z.array(schema).transform(([value]) => value)
}

export function wholeNumber(max: number) {
  const read = (text: string) => (/^\d{1,9}$/.test(text) && Number(text) <= max ? Number(text) : undefined)
  return textOf(read, `a whole number from 0 to ${max}`)
}

/** A time in whole seconds. The result is in milliseconds. */
export function seconds(max: number) {
  return wholeNumber(max).transform((value) => value * 1000)
}

export const toggle = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true')

export const logLevel = z.enum(
  ['debug', 'info', 'warn', 'error', 'silent'],
  'must be debug, info, warn, error or silent',
)

/** The name of a Kubernetes object, namespace or pod (RFC 1123). */
export const objectName = textOf(
  (text) => (/^(?=.{1,253}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(text) ? text : undefined),
  'a name of lower-case letters, digits, - and . that begins and ends with a letter or digit',
)

/** The name of an installation in the metrics. Queries and addresses of dashboards contain this name. */
export const installation = textOf(
  (text) => (/^(?=.{1,128}$)[a-z0-9]([a-z0-9./-]*[a-z0-9])?$/.test(text) ? text : undefined),
  'a name of lower-case letters, digits, -, . and / that begins and ends with a letter or digit',
)

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
