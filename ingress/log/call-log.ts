/**
 * Writes events as log lines: constant messages with fields. Each decided call gets one line, up to a limit per second. The
 * fields are built only for a line that is written.
 */
import type { CallDecided, CallEvent, CallSource } from '../call/call-events.ts'
import type { Clock } from '../time/clock.ts'
import { clip, milliseconds } from './attempt-fields.ts'
import { callMembers, sourceFields, withoutCredentials } from './call-line.ts'
import {
  FAULT_LINES_PER_SECOND,
  NAME_LINES_PER_SECOND,
  NEAR_MISS_LINES_PER_SECOND,
  REPEATED_NUMBER_LINES_PER_SECOND,
  REWRITTEN_LINES_PER_SECOND,
  STRANGER_LINES_PER_SECOND,
} from './limits.ts'
import { createLineBudget, type LineBudget } from './line-budget.ts'
import type { Logger } from './logger.ts'
import { writeNameState } from './name-lines.ts'
import { createShedSummary, type ShedSummary } from './shed-summary.ts'

export interface CallLogOptions {
  readonly logger: Logger
  /**
   * At most this many lines per second about decided calls of known peers. With 0, no call gets a line, and the log only
   * says how many lines were left out.
   */
  readonly callsPerSecond: number
  readonly clock: Clock
}

/** The fields of a line about a new route table. */
export interface TableLine {
  readonly version: number
  readonly entries: number
  readonly trunks: number
  readonly rules: number
}

export interface CallLog {
  onEvent(event: CallEvent): void
  /** Called when a new table is in use: writes a line about the table. */
  tableChanged(table: TableLine): void
  /** Writes how many lines were left out since the log last said so. */
  close(): void
}

interface Sink {
  readonly logger: Logger
  readonly calls: LineBudget
  readonly strangers: LineBudget
  readonly nearMisses: LineBudget
  readonly rewritten: LineBudget
  readonly repeatedNumbers: LineBudget
  readonly shed: ShedSummary
  readonly faults: LineBudget
  readonly names: LineBudget
  readonly clock: Clock
}

/** The log of one ingress. */
export function createCallLog(options: CallLogOptions): CallLog {
  const sink = createSink(options)
  return {
    onEvent: (event) => write(sink, event),
    tableChanged: ({ version, entries, trunks, rules }) =>
      sink.logger.info({ version, entries, trunks, rules }, 'route table changed'),
    close: () => {
      const { calls, strangers, nearMisses, rewritten, repeatedNumbers, shed, faults, names } = sink
      for (const part of [calls, strangers, nearMisses, rewritten, repeatedNumbers, shed, faults, names]) part.close()
    },
  }
}

function createSink({ logger, callsPerSecond, clock }: CallLogOptions): Sink {
  const budget = (linesPerSecond: number, message: string) =>
    createLineBudget({ linesPerSecond, clock, report: (leftOut) => logger.warn({ leftOut }, message) })
  return {
    logger,
    calls: budget(callsPerSecond, 'call lines left out'),
    strangers: budget(STRANGER_LINES_PER_SECOND, 'stranger lines left out'),
    rewritten: budget(REWRITTEN_LINES_PER_SECOND, 'rewritten source lines left out'),
    repeatedNumbers: budget(REPEATED_NUMBER_LINES_PER_SECOND, 'repeated number lines left out'),
    nearMisses: budget(NEAR_MISS_LINES_PER_SECOND, 'near miss lines left out'),
    shed: createShedSummary(clock, ({ calls, longestWaitMs, source }) =>
      logger.warn({ calls, longestWaitMs: milliseconds(longestWaitMs), ...sourceFields(source) }, 'calls shed'),
    ),
    faults: budget(FAULT_LINES_PER_SECOND, 'fault lines left out'),
    names: budget(NAME_LINES_PER_SECOND, 'lines about names left out'),
    clock,
  }
}

function write(sink: Sink, event: CallEvent): void {
  switch (event.type) {
    case 'call':
      writeCall(sink, event)
      break
    case 'dropped':
      writeDropped(sink, event)
      break
    case 'near-miss':
      writeNearMiss(sink, event)
      break
    case 'backend-health':
      writeHealth(sink, event)
      break
    case 'unanswered':
      writeUnanswered(sink, event)
      break
    case 'fault':
      writeFault(sink, event)
      break
    case 'shed':
      sink.shed.add(event)
      break
    case 'number-repeated':
      writeRepeated(sink, event)
      break
    case 'name-resolution':
      writeNameState(sink.logger, sink.names, { state: event.state, now: sink.clock.now() })
      break
    case 'name-forgotten':
    case 'unread':
    case 'rule-won':
    case 'first-response':
    case 'backend-attempt':
    case 'backend-probe':
      break
  }
}

type EventOf<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>

/** The outcomes of calls from unvouched sources. */
const UNVOUCHED: ReadonlySet<CallDecided['outcome']> = new Set(['auth_drop', 'rules_unavailable'])

/**
 * Writes the line of a call. The line of a stranger's INVITE is counted in the budget of strangers. So during a scan the
 * log still contains the calls of known peers.
 */
function writeCall({ logger, calls, strangers }: Sink, call: CallDecided): void {
  if (!logger.isLevelEnabled('info')) return
  const budget = UNVOUCHED.has(call.outcome) ? strangers : calls
  if (budget.take(call.outcome)) logger.writeInfo(callMembers(call), 'call decided')
}

/** Writes the line of a dropped packet. A stranger's INVITE gets no line here: `writeCall` has written its line already. */
function writeDropped(sink: Sink, { source, reason, method }: EventOf<'dropped'>): void {
  if (reason === 'source_rewritten') return writeRewritten(sink, source, method)
  const { logger, strangers } = sink
  if ((reason === 'stranger' && method === 'INVITE') || !logger.isLevelEnabled('info')) return
  if (strangers.take(reason)) logger.info({ ...sourceFields(source), reason, method: clip(method) }, 'packet dropped')
}

/**
 * Advice for rewritten sources. Users often write a trunk that allows all addresses of the cluster. Such a trunk would
 * admit everyone, because a rewritten packet of any caller has an address of the cluster.
 */
const REWRITTEN_ADVICE =
  'keep the sources of packets: externalTrafficPolicy: Local at the Service, and source preservation at its load ' +
  'balancer; never allow the addresses of the cluster, which are those of every caller then'

function writeRewritten({ logger, rewritten }: Sink, source: CallSource, method: string): void {
  if (!logger.isLevelEnabled('warn') || !rewritten.take('source_rewritten')) return
  const fields = { ...sourceFields(source), method: clip(method), advice: REWRITTEN_ADVICE }
  logger.warn(fields, 'source is being rewritten')
}

function writeNearMiss({ logger, nearMisses }: Sink, event: EventOf<'near-miss'>): void {
  const { source, trunk, reason, method } = event
  if (!logger.isLevelEnabled('warn') || !nearMisses.take(reason)) return
  logger.warn({ ...sourceFields(source), trunk, reason, method: clip(method) }, 'near miss')
}

function writeHealth({ logger }: Sink, event: EventOf<'backend-health'>): void {
  const { backend, endpoint, up, reason } = event
  const fields = endpoint === undefined ? { backend, reason } : { backend, endpoint, reason }
  if (up) logger.info(fields, 'backend up')
  else logger.warn(fields, 'backend down')
}

function writeUnanswered({ logger, faults }: Sink, { trunk, callId }: EventOf<'unanswered'>): void {
  if (faults.take('unanswered')) logger.error({ trunk, callId: clip(callId) }, 'call unanswered')
}

const REPEATED_ADVICE =
  'if these calls go in a circle, the backend sends them to a carrier that sends them back: end the circle there, or put ' +
  'limits on the trunk; a number that many callers dial is no fault'

function writeRepeated(sink: Sink, { trunk, rule, called }: EventOf<'number-repeated'>): void {
  const { logger, repeatedNumbers } = sink
  if (!logger.isLevelEnabled('warn') || !repeatedNumbers.take('number-repeated')) return
  logger.warn({ trunk, rule, called: clip(called), advice: REPEATED_ADVICE }, 'number called very often')
}

function writeFault({ logger, faults }: Sink, { code, message }: EventOf<'fault'>): void {
  if (faults.take(code)) logger.error({ code, reason: withoutCredentials(clip(message)) }, 'fault')
}
