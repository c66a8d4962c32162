/** Judges an ingress by its answer to OPTIONS, or by its silence. */

import { errorText } from '../../ingress/text/error-text.ts'
import { MAX_READY_CHARACTERS } from '../limits.ts'
import { type SipAddress, sipAddressText } from '../settings/address-text.ts'
import type { OptionsAnswer } from './options-request.ts'

/** The answer of a process at /readyz. */
export interface Readiness {
  readonly url: string
  readonly ready: boolean
  /** The text of the answer, or the reason why no answer came. */
  readonly said: string
}

export interface ProbeVerdict {
  readonly ok: boolean
  readonly text: string
}

/** Asks a process whether it is ready. Never rejects: a process that cannot be asked counts as not ready. */
export async function readiness(ready: URL, timeoutMs: number): Promise<Readiness> {
  const { href: url } = new URL('/readyz', ready)
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
    const said = (await response.text())
      .trim()
      .replaceAll(/\s*\n\s*/g, '; ')
      .slice(0, MAX_READY_CHARACTERS)
    return { url, ready: response.ok, said: said || `status ${response.status}` }
  } catch (error) {
    return { url, ready: false, said: reasonOf(error) }
  }
}

/** The reason of an error. The message of a `fetch` error only says "fetch failed". The error's `cause` has the reason. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  return errorText(cause)
}

/** The verdict for an answer. Strangers get no answer. So silence is no fault if the process reports that it is ready. */
export function probeVerdict(sip: SipAddress, answer: OptionsAnswer, readiness: Readiness | undefined): ProbeVerdict {
  const target = sipAddressText(sip)
  switch (answer.type) {
    case 'answered':
      return answeredVerdict(target, answer.status, answer.reason)
    case 'silence':
      return silenceVerdict(target, readiness)
    case 'unreachable':
      return { ok: false, text: `${target} cannot be reached: ${answer.why}${readinessText(readiness)}` }
  }
}

function answeredVerdict(target: string, status: number, reason: string): ProbeVerdict {
  const text = `${target} answers OPTIONS with ${status} ${reason}`
  if (status >= 200 && status < 300) return { ok: true, text }
  if (status === 503) return { ok: false, text: `${text}: it is shutting down and refuses new calls` }
  return { ok: false, text: `${text}: an ingress answers 200, so something else may listen there` }
}

function silenceVerdict(target: string, readiness: Readiness | undefined): ProbeVerdict {
  if (readiness?.ready) {
    return {
      ok: true,
      text: `${target} is silent and ${readiness.url} says ready: it serves, and no trunk admits the address this comes from`,
    }
  }
  const advice = readiness
    ? readinessText(readiness)
    : ': nobody listens, something drops the packets, or no trunk admits the address this comes from (strangers get ' +
      'silence); --ready http://HOST:PORT tells them apart'
  return { ok: false, text: `${target} is silent${advice}` }
}

function readinessText(readiness: Readiness | undefined): string {
  if (!readiness) return ''
  return `; ${readiness.url} says ${readiness.ready ? 'ready' : 'not ready'}: ${readiness.said}`
}
