/**
 * The logger of a process: one JSON object per line, level as a word, time in ISO 8601.
 */
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'
import { printableText } from '../text/printable-text.ts'
import { MAX_BUFFERED_BYTES } from './limits.ts'

/** Only this folder knows which library writes the lines. */
export type Logger = PinoLogger

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/**
 * Writes to standard output, or to `destination`. Standard output is written in the background with a bounded buffer: a
 * reader of the log that stops reading must not stop calls. If the buffer is full, lines are lost. Later one line reports
 * their number.
 */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: {},
    timestamp: pino.stdTimeFunctions.isoTime,
    // Text from a packet may contain unprintable characters, and JSON does not escape most of them. Some end a line: a reader
    // would see two lines instead of one.
    hooks: { streamWrite: printableText },
    formatters: { level: (label: string) => ({ level: label }) },
  }
  if (destination) return pino(options, destination)
  const output = pino.destination({ dest: 1, sync: false, maxLength: MAX_BUFFERED_BYTES })
  const logger = pino(options, output)
  let lost = 0
  output.on('drop', () => {
    lost++
  })
  output.on('drain', () => {
    if (lost === 0) return
    logger.error({ lost }, 'log lines lost')
    lost = 0
  })
  return logger
}
