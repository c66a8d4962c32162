/**
 * Collects the lines of calls for a moment. Node wakes a thread for each write to standard output, and that costs as much
 * as a whole call.
 */
import { pino } from 'pino'
import { LINES_WAIT_MS, MAX_BATCH_CHARACTERS, MAX_BUFFERED_BYTES } from './limits.ts'

/**
 * An output that is written in the background. It begins to write by itself only when more text waits in it than one batch has.
 * Before that, `LineBatch` starts each write.
 */
export type LineOutput = ReturnType<typeof openOutput>

export interface LineBatch {
  /** Adds a line. It is written after `LINES_WAIT_MS` at the latest. */
  readonly add: (line: string) => void
  /** Adds a line, and writes it now with all lines before it. */
  readonly write: (line: string) => void
}

/**
 * Opens a file descriptor or a file for a batch. When the process ends in an orderly way, the lines that wait are still
 * written. If more than `MAX_BUFFERED_BYTES` wait, lines are lost, and the output emits `drop` for them.
 */
export function openOutput(dest: number | string) {
  return pino.destination({ dest, sync: false, minLength: MAX_BATCH_CHARACTERS, maxLength: MAX_BUFFERED_BYTES })
}

export function createLineBatch(output: LineOutput): LineBatch {
  let waiting = 0
  let writing = false
  let closed = false
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (writing || closed) return
    writing = true
    waiting = 0
    output.flush()
  }
  output.on('drain', () => {
    writing = false
    // The lines that wait now came while earlier lines were being written.
    if (waiting > 0) flush()
  })
  output.on('close', () => {
    closed = true
  })
  const add = (line: string): void => {
    output.write(line)
    waiting += line.length
    if (waiting >= MAX_BATCH_CHARACTERS) flush()
    else timer ??= setTimeout(flush, LINES_WAIT_MS).unref()
  }
  const write = (line: string): void => {
    output.write(line)
    waiting += line.length
    flush()
  }
  return { add, write }
}
