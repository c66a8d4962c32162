/**
 * Decides who leads, and finds out to which installation this process belongs. Reads: the Lease and the Namespace. Writes: the
 * Lease, and the Secret with the keys.
 */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { systemClock } from '../../ingress/time/dated-clock.ts'
import type { Installation } from '../kubernetes-writes/installation.ts'
import { ensureKeySecret } from '../kubernetes-writes/key-secret.ts'
import { secondTime } from '../kubernetes-writes/kubernetes-time.ts'
import { leaseApi, leaseCreation, secretApi } from '../kubernetes-writes/kubernetes-writes.ts'
import { namespaceApi } from '../kubernetes-writes/namespace-api.ts'
import type { OperatorConfig } from '../operator-config.ts'
import { createLeader, type Leader } from '../reconcile/leader.ts'
import type { OperatorCore } from './operator-core.ts'

export function createLeaderStage({ client, lease }: OperatorCore, { leaderElect }: OperatorConfig): Leader {
  return createLeader(leaderElect, {
    api: leaseApi(client, lease),
    identity: `${hostname()}_${randomBytes(8).toString('hex')}`,
    clock: systemClock,
    random: Math.random,
  })
}

/** The installation to which this process belongs. */
export interface OwnInstallation {
  /** The installation as statuses name it. Undefined before it was read. */
  readonly current: Installation | undefined
  /**
   * Reads the installation. If the configuration names a Secret, also creates the Secret with the keys. Resolves with the name
   * of the installation in the table. Rejects with an ApiError or a KeySecretError.
   */
  read(): Promise<string>
}

export function createOwnInstallation({ client, lease }: OperatorCore, config: OperatorConfig): OwnInstallation {
  let current: Installation | undefined
  return {
    get current() {
      return current
    },
    read: async () => {
      const { namespace, name } = lease
      const { keySecret, leaderElect } = config
      if (keySecret !== undefined) await ensureKeySecret(secretApi(client, { namespace, name: keySecret }), randomBytes)
      // If there is no Lease, the installation counts as created now.
      const since = leaderElect ? await leaseCreation(client, lease) : undefined
      current = { name: `${namespace}/${name}`, since: since ?? secondTime(systemClock.wallClock()) }
      return `${await namespaceApi(client).uid(namespace)}/${name}`
    },
  }
}
