/** Reads what a pod has told at `/backends`, and finds out which backends of the call it would pass over. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { errorText } from '../../ingress/text/error-text.ts'
import { ConfigError } from '../settings/config.ts'

const REPORTS = z.array(
  z.object({
    address: z.string(),
    backends: z.array(z.string()),
    down: z.string().optional(),
    retryInMs: z.number().optional(),
  }),
)

/** The addresses of which a pod knows something bad, as its page `/backends` has them. */
export type BackendReports = z.infer<typeof REPORTS>

/** An address of a backend of the call that the pod passes over. */
export interface PassedOverBackend {
  readonly backend: string
  /** Such as `udp:10.0.0.5:5060`. */
  readonly address: string
  readonly reason: string
  /** Milliseconds until the next call tries the address, counted from the moment at which the pod was asked. */
  readonly retryInMs?: number
}

/** Reads the file. Throws a `ConfigError` that says what is wrong with it. */
export function readBackendReports(file: string): BackendReports {
  try {
    const parsed = REPORTS.safeParse(JSON.parse(readFileSync(file, 'utf8')))
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    const place = issue?.path.join('.') ?? ''
    throw new Error(`${place === '' ? 'it' : place} is not as /backends of a pod says it: ${issue?.message ?? ''}`)
  } catch (error) {
    throw new ConfigError([`--backends: ${file} cannot be used: ${errorText(error)}; save the page /backends of a pod`])
  }
}

/** The addresses of these backends that the pod passes over, in the order of the backends. */
export function passedOverBackends(
  backends: readonly { readonly name: string }[],
  reports: BackendReports,
): PassedOverBackend[] {
  return backends.flatMap(({ name }) =>
    reports.flatMap(({ address, backends: names, down, retryInMs }) => {
      if (down === undefined || !names.includes(name)) return []
      return [{ backend: name, address, reason: down, ...(retryInMs !== undefined && { retryInMs }) }]
    }),
  )
}
