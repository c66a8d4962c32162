import {
  loadSystemCalls,
  type SystemCalls,
} from '../../../../../../../ingress/sip/native/transport/datagram/system-calls.ts'

type Call = 'recvmmsg' | 'sendmmsg'

/** Real system calls, some of which fail as if the system had refused. */
export interface FaultyCalls extends SystemCalls {
  /** The next `times` calls of this function fail with the code. */
  fail(call: Call, code: string, times?: number): void
  /** No call of `sendmmsg` takes more than so many datagrams. */
  limit(datagrams: number): void
  /** How many datagrams each call of `sendmmsg` has taken. */
  readonly taken: number[]
}

export async function faultyCalls(): Promise<FaultyCalls> {
  const real = await loadSystemCalls()
  const faults: Record<Call, { code: string; times: number }> = {
    recvmmsg: { code: '', times: 0 },
    sendmmsg: { code: '', times: 0 },
  }
  const taken: number[] = []
  let most = Number.POSITIVE_INFINITY
  let lastCode: string | undefined
  const failing = (call: Call): boolean => {
    const fault = faults[call]
    lastCode = fault.times > 0 ? fault.code : undefined
    if (fault.times > 0) fault.times--
    return lastCode !== undefined
  }
  return {
    ...real,
    taken,
    fail: (call, code, times = 1) => {
      faults[call] = { code, times }
    },
    limit: (datagrams) => {
      most = datagrams
    },
    recvmmsg: (...args) => (failing('recvmmsg') ? -1 : real.recvmmsg(...args)),
    sendmmsg: (fd, messages, count, flags) => {
      if (failing('sendmmsg')) return -1
      const sent = real.sendmmsg(fd, messages, Math.min(count, most), flags)
      taken.push(sent)
      return sent
    },
    errorCode: () => lastCode ?? real.errorCode(),
  }
}
