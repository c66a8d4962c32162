/**
 * Deletes resource definitions and waits until they are gone, also on a slow machine.
 *
 * kube-apiserver 1.37 can forget a definition that is being deleted. Its finalizer fails at first where nobody has read the
 * resource yet ("storage is (re)initializing"), and tries again 5 ms later. If its cache has not seen the failure written by
 * then, it meets a conflict and waits for the next change. But it ignores a change of the condition Terminating alone, so it
 * wakes only at the resync, every 5 minutes. An annotation is a change that it does not ignore.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { KubernetesApi } from './kubernetes-api.ts'

/** Milliseconds between two looks. */
const LOOK_INTERVAL_MS = 250

/**
 * Milliseconds in deletion after which a definition is annotated, each time anew. The finalizer looks for objects that are left
 * every 5 s, and an annotation in between makes it begin again.
 */
const WAKE_AFTER_MS = 10_000

/** Milliseconds that a deletion may take: less than a command of kubectl that waits for it. */
const REMOVAL_LIMIT_MS = 150_000

/** Deletes all definitions of a server, also those that may only be deleted by somebody who says so. */
export async function removeDefinitions(api: Pick<KubernetesApi, 'kubectl'>): Promise<void> {
  const names = (await kubectl(api, 'get', 'crd', '--output=name')).split('\n').filter(Boolean)
  if (names.length === 0) return
  await kubectl(api, 'annotate', '--overwrite', ...names, 'sipdispatch.dev/allow-deletion=true')
  await untilDefinitionsGone(api, () => kubectl(api, 'delete', '--wait=false', ...names))
}

/**
 * Runs what deletes definitions, for example `helm uninstall`. Resolves with its result when it has ended and no definition is
 * in deletion any more. @throws DEFINITION_STAYS
 */
export async function untilDefinitionsGone<Result>(
  api: Pick<KubernetesApi, 'kubectl'>,
  remove: () => Promise<Result>,
): Promise<Result> {
  const begun = performance.now()
  const removing = remove()
  const removal = { isOver: false }
  const over = markOver(removing, removal)
  for (let wakeAt = begun + WAKE_AFTER_MS; ; ) {
    const wasOver = removal.isOver
    const leaving = await inDeletion(api)
    if (wasOver && leaving.length === 0) return removing
    const now = performance.now()
    if (now > begun + REMOVAL_LIMIT_MS) throw new Error(`DEFINITION_STAYS: ${leaving.join('; ')}`)
    if (now > wakeAt) {
      await wake(api, leaving, now)
      wakeAt = now + WAKE_AFTER_MS
    }
    await Promise.race([pause(LOOK_INTERVAL_MS), ...(removal.isOver ? [] : [over])])
  }
}

async function markOver(removing: Promise<unknown>, removal: { isOver: boolean }): Promise<void> {
  await Promise.allSettled([removing])
  removal.isOver = true
}

/** The definitions in deletion, each as its name and what its finalizer says. */
async function inDeletion(api: Pick<KubernetesApi, 'kubectl'>): Promise<string[]> {
  const says = '{.status.conditions[?(@.type=="Terminating")].message}'
  const line = `{.metadata.name} {.metadata.deletionTimestamp} ${says}{"\\n"}`
  const all = await kubectl(api, 'get', 'crd', `--output=jsonpath={range .items[*]}${line}{end}`)
  return all.split('\n').filter((one) => /^\S+ \d/.test(one))
}

/** One that has gone in the meantime is not found. */
async function wake(api: Pick<KubernetesApi, 'kubectl'>, leaving: readonly string[], now: number): Promise<void> {
  for (const one of leaving) {
    const name = one.split(' ', 1)[0] ?? ''
    await api.kubectl(['annotate', '--overwrite', 'crd', name, `test.sipdispatch.dev/woken-at=${Math.round(now)}`])
  }
}

async function kubectl(api: Pick<KubernetesApi, 'kubectl'>, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await api.kubectl(args)
  if (code !== 0) throw new Error(`KUBECTL_FAILED: kubectl ${args.join(' ')}: ${stderr}`)
  return stdout
}
