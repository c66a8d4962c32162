/** Decides who leads: the holder of a Lease or, if there is only one operator, this process. */
import {
  createLeaderElection,
  type ElectionListener,
  type LeaderElection,
  type LeaderElectionOptions,
} from '../kubernetes-writes/leader-election.ts'

export type Leader = Pick<LeaderElection, 'start' | 'isLeader' | 'raiseEpoch' | 'stop'>

/** The first epoch of an operator without a Lease. If the cache has a higher epoch, the operator takes an epoch above that. */
const FIRST_EPOCH = 1

/** Creates a candidate in the election. Without an election (`elect` is false), this process leads from its start. */
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
