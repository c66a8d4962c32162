import { type JudgedSource, judgedSource, type RecordedFacts } from '../lookup/judged-source.ts'
import type { LiveTable } from '../lookup/live-table.ts'
import type { TrunkEntry } from '../route-table/route-table.ts'
import type { Peer } from '../sip/port/engine.ts'
import type { CallSource } from './call-events.ts'

/** The parts of a request from which its source is found. */
interface SourcedRequest extends RecordedFacts {
  readonly peer: Peer
}

/**
 * The source of a request. For a request from a trusted proxy, the result also contains the source that was judged. It is
 * the source that `trunk` judged. If `trunk` is absent, it is the source that any trunk with this proxy judged.
 */
export function callSource(table: LiveTable, request: SourcedRequest, trunk?: TrunkEntry): CallSource {
  const judged: JudgedSource | undefined = judgedSource(table, request, trunk)
  return judged === undefined ? request.peer : { ...request.peer, judged }
}
