/** Places for the call's number (ten digits) and for the called number (12 characters). */
export const CALL_MARK = '<--call-->'
export const CALLED_MARK = '<--called-->'

export interface MessageTemplate {
  /** A new buffer with the message of this call. */
  bytes(call: number, called: string): Buffer
}

/** A message that differs between calls only in its numbers: they are written over the marks, at fixed places. */
export function createTemplate(text: string): MessageTemplate {
  const whole = Buffer.from(text, 'latin1')
  const calls = offsetsOf(text, CALL_MARK)
  const calleds = offsetsOf(text, CALLED_MARK)
  return {
    bytes: (call, called) => {
      const out = Buffer.allocUnsafe(whole.length)
      whole.copy(out)
      for (const at of calls) writeDigits(out, at, call)
      for (const at of calleds) out.write(called, at, 'latin1')
      return out
    },
  }
}

/** The ten digits that identify a call in every message. */
export function callDigits(call: number): string {
  return String(call).padStart(CALL_MARK.length, '0')
}

function offsetsOf(text: string, mark: string): number[] {
  const offsets: number[] = []
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) offsets.push(at)
  return offsets
}

function writeDigits(out: Buffer, at: number, call: number): void {
  let rest = call
  for (let i = at + CALL_MARK.length - 1; i >= at; i--) {
    out[i] = 0x30 + (rest % 10)
    rest = Math.trunc(rest / 10)
  }
}
