/**
 * Makes the table of this process from a folder of manifests. The folder is read at the start and after every change. If a
 * reading has a problem, the last good table stays in use.
 */
import { createTableReplica, type TableReplica } from '../ingress/replica/table-replica.ts'
import type { EntryChange } from '../ingress/route-table/cache-log.ts'
import type { ServingCore } from '../ingress/serve/serving-core.ts'
import { ManifestFolderError } from '../operator/watch/manifest-folder.ts'
import { formatProblem } from '../operator/watch/manifest-problem.ts'
import { createManifestLog, type ManifestLog, moreProblems } from './manifest-log.ts'
import { type ManifestThread, startManifestThread } from './manifest-thread.ts'
import type { ReadOutcome, TableOffer } from './reader-messages.ts'

type ManifestCore = Pick<ServingCore, 'table' | 'metrics' | 'logger' | 'tableChanged'>

type Refused = Extract<ReadOutcome, { readonly type: 'refused' }>

/** The error for a folder with problems. `message` has one line for each problem, with file, line, field and expected value. */
class ManifestsRefused extends Error {
  readonly code = 'manifests-refused'

  constructor({ problems, more }: Refused) {
    super([...problems.map(formatProblem), ...(more > 0 ? [moreProblems(more)] : [])].join('\n'))
    this.name = 'ManifestsRefused'
  }
}

/**
 * Rejects with `ManifestsRefused`, a `ManifestFolderError` or a `ReaderLost` if the folder gives no table at the start. If such
 * an error happens at a later reading, the last good table stays in use. All work that grows with the folder is done in another
 * thread.
 */
export function serveManifests(folder: string, core: ManifestCore): Promise<ManifestThread> {
  const log = createManifestLog(core.logger)
  const replica = createTableReplica(core.table)
  const { promise, resolve, reject } = Promise.withResolvers<ManifestThread>()
  const refuse = (error: unknown): void => {
    thread.close()
    reject(error)
  }
  const thread = startManifestThread(folder, {
    inUse: () => ({ version: core.table.version, hashes: replica.hashes() }),
    onRead: async (outcome, next) => {
      const first = !core.table.loaded
      try {
        if (outcome.type === 'changed') await takeOver(core, replica, { offer: outcome, next, log })
        if (first && outcome.type !== 'changed') refuse(startError(outcome))
        else report(log, outcome)
        if (first) resolve(thread)
        return true
      } catch (error) {
        if (first) refuse(error)
        else log.failed(error)
        return false
      }
    },
    onUnchanged: () => core.metrics.tableSynced(),
    onLost: (error) => {
      if (core.table.loaded) log.failed(error.message, error.code)
      else refuse(error)
    },
  })
  return promise
}

interface Offered {
  readonly offer: TableOffer
  readonly next: () => Promise<readonly EntryChange[]>
  readonly log: ManifestLog
}

/** Takes an offered table into use. Calls are decided from the old table until the new table is complete. */
async function takeOver(core: ManifestCore, replica: TableReplica, { offer, next, log }: Offered): Promise<void> {
  const { head, from, names } = offer
  const changes: EntryChange[] = []
  for (let i = 0; i < offer.parts; i++) for (const change of await next()) changes.push(change)
  if (from === undefined) await replica.load({ head, entries: textsOf(changes) })
  else if (!(await replica.apply({ type: 'delta', head, from, changes }))) {
    throw new Error(`the changes do not lead from version ${from} to version ${head.version}`)
  }
  if (from !== undefined) log.changed(names)
  core.tableChanged()
  core.metrics.tableSynced()
}

/**
 * The entries of a whole table. They are made without a pause. No call waits for this, because calls are served only after the
 * first table.
 */
function textsOf(changes: readonly EntryChange[]): Map<string, string> {
  return new Map(changes.map(([key, json = '']) => [key, json]))
}

function report(log: ManifestLog, outcome: ReadOutcome): void {
  switch (outcome.type) {
    case 'failed':
      return log.failed(outcome.error)
    case 'refused':
      return log.read(outcome.problems, outcome.more)
    case 'same':
    case 'changed':
      log.conditions(outcome.conditions)
      log.read([])
  }
}

function startError(outcome: Exclude<ReadOutcome, TableOffer>): Error {
  switch (outcome.type) {
    case 'refused':
      return new ManifestsRefused(outcome)
    case 'same':
      return new Error('a first reading has found nothing new')
    case 'failed': {
      const { error, code } = outcome
      return code === undefined ? new Error(error) : new ManifestFolderError(code, error)
    }
  }
}
