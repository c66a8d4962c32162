/** What a process that measures an engine is told to do next. It answers with a line of JSON. */
export interface EngineOrder {
  readonly task: 'round' | 'empty-round' | 'packets' | 'empty-packets' | 'stages' | 'profile' | 'end'
  /** Calls; for packets and stages groups of calls; of no meaning for `end`. */
  readonly count: number
}
