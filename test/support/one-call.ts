/** One call over UDP, as a carrier makes it. */
import { statusOf } from './sip-text.ts'
import { openUdpCaller } from './udp-caller.ts'

let calls = 0

/** Calls a number from 127.0.0.1, at a port of 127.0.0.1. Returns the final status; 0 where none came in time. */
export async function callNumber(number: string, port: number): Promise<number> {
  const caller = await openUdpCaller()
  try {
    const callId = `call-${process.pid}-${++calls}`
    return statusOf((await caller.request({ uri: `sip:${number}@127.0.0.1`, callId }, port)) ?? '')
  } finally {
    caller.close()
  }
}
