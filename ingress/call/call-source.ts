import { type JudgedSource, judgedSource, type RecordedFacts } from '../lookup/judged-source.ts'
import type { LiveTable } from '../lookup/live-table.ts'
import type { TrunkEntry } from '../route-table/route-table.ts'
import type { Peer } from '../sip/port/engine.ts'
import type { CallSource } from './call-events.ts'

/** A request as far as its source goes. */
interface SourcedRequest extends RecordedFacts {
  readonly peer: Peer
}

/** The source of a request, with what the trunk, or any that trusts its sender, has judged it by. */
export function callSource(table: LiveTable, request: SourcedRequest, trunk?: TrunkEntry): CallSource {
  const judged: JudgedSource | undefined = judgedSource(table, request, trunk)
  return judged === undefined ? request.peer : { ...request.peer, judged }
}
