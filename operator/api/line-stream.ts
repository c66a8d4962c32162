import { ApiError } from './api-error.ts'
import { MAX_WATCH_EVENT_BYTES } from './limits.ts'

const NEWLINE = 0x0a

/**
 * Yields the lines of a body, which arrives in parts of any size. Text after the last newline is an incomplete line and is
 * dropped. `onBytes` is called for every part. Throws an ApiError `api_response_invalid` if a line is too long.
 */
export async function* lines(parts: AsyncIterable<Uint8Array>, onBytes: () => void): AsyncGenerator<string> {
  let rest: Uint8Array[] = []
  let length = 0
  for await (const part of parts) {
    onBytes()
    let start = 0
    for (let end = part.indexOf(NEWLINE); end >= 0; end = part.indexOf(NEWLINE, start)) {
      const line = text([...rest, part.subarray(start, end)])
      start = end + 1
      rest = []
      length = 0
      if (line !== '') yield line
    }
    if (start < part.length) rest.push(part.subarray(start))
    length += part.length - start
    if (length > MAX_WATCH_EVENT_BYTES) throw endless()
  }
}

function text(parts: readonly Uint8Array[]): string {
  return Buffer.concat(parts).toString('utf8').trim()
}

function endless(): ApiError {
  const message = `an event of the watch has more than ${MAX_WATCH_EVENT_BYTES} bytes; no object of Kubernetes has`
  return new ApiError({ code: 'api_response_invalid', message })
}
