/** Decides who leads. With a Lease, its holder leads. Without a Lease there is only one operator, and this process leads. */
import {
  createLeaderElection,
  type ElectionListener,
  type LeaderElection,
  type LeaderElectionOptions,
} from '../kubernetes-writes/leader-election.ts'

export type Leader = Pick<LeaderElection, 'start' | 'isLeader' | 'raiseEpoch' | 'stop'>

/**
 * The first epoch of an operator without a Lease. If the epoch in the cache is higher, the operator takes the number after the
 * epoch in the cache.
 */
const FIRST_EPOCH = 1

/** Makes a candidate for the election. If `elect` is false, there is no election, and this process leads from its start. */
export function createLeader(elect: boolean, options: LeaderElectionOptions): Leader {
  return elect ? createLeaderElection(options) : createOnlyLeader()
}

function createOnlyLeader(): Leader {
  let listener: ElectionListener | undefined
  return {
    start: (next) => {
      listener = next
      next.onLeading(FIRST_EPOCH)
    },
    isLeader: () => listener !== undefined,
    raiseEpoch: (above) => listener?.onLeading(above + 1),
    stop: async () => {
      listener = undefined
    },
  }
}
