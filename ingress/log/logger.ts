/** The logger of a process. It writes one JSON object per line, with the level as a word and the time in ISO 8601. */
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'
import { printableText } from '../text/printable-text.ts'
import { createLineBatch, openOutput } from './line-batch.ts'
import { lineTime } from './line-time.ts'

const STANDARD_OUTPUT = 1

/** Other folders use this name and not `PinoLogger`, so that only this folder depends on the library. */
export interface Logger extends PinoLogger {
  /**
   * Writes a line of level info. `members`: the fields in JSON, as members of an object without its braces. `message`: a
   * constant text. The calling code must test whether the level is enabled. On standard output, this line waits a moment for
   * other lines. A line of any other function is written at once, after the lines that wait.
   */
  writeInfo(members: string, message: string): void
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/**
 * Writes to standard output, or to `destination`. Standard output is written in the background, so that calls go on when a
 * reader of the log stops reading. Its buffer has a limit. If the buffer is full, log lines are lost, and a later line says
 * how many.
 */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: {},
    timestamp: () => `,"time":"${lineTime(Date.now())}"`,
    // Text from a packet may contain unprintable characters, and JSON does not escape most of them. Some of these
    // characters end a line, and a reader would then see two lines instead of one.
    hooks: { streamWrite: printableText },
    formatters: { level: (label: string) => ({ level: label }) },
  }
  if (destination) return withDirectLines(pino(options, destination), (line) => destination.write(line))
  const output = openOutput(STANDARD_OUTPUT)
  const batch = createLineBatch(output)
  const logger = withDirectLines(pino(options, batch), batch.add)
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

function withDirectLines(logger: PinoLogger, add: (line: string) => void): Logger {
  const writeInfo = (members: string, message: string): void => {
    add(`{"level":"info","time":"${lineTime(Date.now())}",${members},"msg":"${message}"}\n`)
  }
  return Object.assign(logger, { writeInfo })
}
