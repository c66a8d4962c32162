/** Asks a drachtio-server to send an OPTIONS of our own (RFC 3261 §11). */
import type { Clock } from '../../time/clock.ts'
import type { ProbeRequest, ProbeResult } from '../port/engine.ts'
import { addressPlace, probeUri } from '../proxy/target-uri.ts'
import type { HandedResponse } from './drachtio-library.ts'
import type { SessionWork } from './session-work.ts'

/**
 * Sends an OPTIONS by one of the servers. In the outbound mode a server connects for the time of a call only, so there is often
 * no server, and nothing is sent. `done` gets the result once, unless the returned function was called before.
 */
export function sendServerProbe(
  { works, clock }: { readonly works: Iterable<SessionWork>; readonly clock: Clock },
  { target, user, timeoutMs }: ProbeRequest,
  done: (result: ProbeResult) => void,
): () => void {
  let waiting = true
  const finish = (result: ProbeResult): void => {
    if (!waiting) return
    waiting = false
    clock.cancel(timer)
    done(result)
  }
  const timer = clock.after(timeoutMs, finish, { type: 'timeout' } as const)
  const work = [...works].find(({ session, reaches }) => session.open && reaches(target))
  if (work === undefined) finish({ type: 'unsent' })
  else {
    const headers = [{ name: 'Max-Forwards', value: user === undefined ? '0' : '70' }]
    work.session.request(
      {
        method: 'OPTIONS',
        uri: probeUri(target, user),
        nextHop: nextHopOf(target),
        dialogId: undefined,
        headers,
        body: '',
      },
      {
        onFailure: () => finish({ type: 'transport' }),
        onResponse: (response) => {
          if (response.status >= 200) finish(resultOf(response))
        },
      },
    )
  }
  return () => {
    waiting = false
    clock.cancel(timer)
  }
}

/** A name stays in the Request-URI, and the server must not resolve it by itself. */
function nextHopOf(target: ProbeRequest['target']): string | undefined {
  return target.uriPlace === undefined ? undefined : `sip:${addressPlace(target)}`
}

/** RFC 3261 §8.1.3.1: the server itself says 408 where nobody answered, and 503 where it could not send. */
function resultOf({ status, byServer }: HandedResponse): ProbeResult {
  if (!byServer) return { type: 'answered', status }
  return { type: status === 408 ? 'timeout' : 'transport' }
}
