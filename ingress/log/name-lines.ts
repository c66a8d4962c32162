/** The log lines about names of backends. */
import type { NameState } from '../resolve/name-resolver.ts'
import { clip } from './attempt-fields.ts'
import { NAMED_PEERS } from './limits.ts'
import type { LineBudget } from './line-budget.ts'
import type { Logger } from './logger.ts'

/** A state, and the time at which it is written: monotonic milliseconds. */
interface Timed {
  readonly state: NameState
  readonly now: number
}

/**
 * Writes what a look-up has changed. A look-up that brings what was known gets no line. A failure gets one when it is the first,
 * the second, the fourth in a row, and so on: a DNS that is down for a day would fill the log otherwise.
 */
export function writeNameState(logger: Logger, budget: LineBudget, { state, now }: Timed): void {
  const { place: name, added, removed, refused, leftOut, failures } = state
  if (added.length + removed.length > 0 && budget.take('changed')) {
    logger.info({ name, added: listed(added), removed: listed(removed), ...beyond(leftOut) }, 'peers of a name changed')
  }
  if (refused.length > 0 && budget.take('refused')) {
    const addresses = listed(refused.map(({ address, fault }) => `${address} (${fault})`))
    logger.warn({ name, addresses }, 'addresses of a name refused')
  }
  if (failures === 0 || !Number.isInteger(Math.log2(failures)) || !budget.take('failed')) return
  writeFailure(logger, state, now)
}

function writeFailure(
  logger: Logger,
  { place: name, result, detail, failures, servers, ...rest }: NameState,
  now: number,
) {
  const fields = { name, code: result, reason: clip(detail), failures }
  if (servers === undefined) return logger.warn(fields, 'name does not resolve')
  const staleSeconds = rest.staleSince === undefined ? 0 : Math.round((now - rest.staleSince) / 1000)
  return logger.warn({ ...fields, staleSeconds }, 'name is stale: its last addresses are used')
}

/** The first items of a list, and how many more there are. */
function listed(items: readonly string[]): string[] {
  const shown = items.slice(0, NAMED_PEERS)
  return items.length > shown.length ? [...shown, `and ${items.length - shown.length} more`] : shown
}

function beyond(leftOut: number): { readonly leftOut?: number } {
  return leftOut === 0 ? {} : { leftOut }
}
