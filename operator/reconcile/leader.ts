/** Who leads: the holder of a Lease, or, where there is only one operator, this process. */
import type { LeaderElection, LeaderElectionOptions } from '../kubernetes-writes/leader-election.ts'
import { startLeaderElection } from '../kubernetes-writes/leader-election.ts'

export type Leader = Pick<LeaderElection, 'isLeader' | 'raiseEpoch' | 'stop'>

/** The first epoch of an operator without a Lease: it gets above whatever it finds. */
const FIRST_EPOCH = 1

/** Takes part in the election; without one (`elect` false) this process leads at once. */
export function startLeader(elect: boolean, options: LeaderElectionOptions): Leader {
  if (elect) return startLeaderElection(options)
  let stopped = false
  const { listener } = options
  listener.onLeading(FIRST_EPOCH)
  return {
    isLeader: () => !stopped,
    raiseEpoch: (above) => listener.onLeading(above + 1),
    stop: async () => {
      stopped = true
    },
  }
}
