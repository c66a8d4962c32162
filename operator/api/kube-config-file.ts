/** Reads kubeconfig files and checks their form. Relative paths become absolute here, and nowhere else in the program. */
import { dirname, resolve, sep } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { readRegularFileSync } from '../../ingress/files/regular-file.ts'
import { firstLine, KubeConfigError } from './kube-config-error.ts'
import { MAX_KUBECONFIG_BYTES } from './limits.ts'

/** A text field. An empty text counts as absent; kubectl does the same. */
const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined)

const toggle = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false)

const texts = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? [])

const cluster = z.looseObject({
  server: z.string({ error: 'is missing' }).min(1, 'is missing'),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': toggle,
  'tls-server-name': text,
  'proxy-url': text,
  extensions: z.array(z.looseObject({ name: z.string(), extension: z.unknown() })).nullish(),
})

const plugin = z.looseObject({
  command: z.string({ error: 'is missing' }).min(1, 'is missing'),
  args: texts,
  env: z.array(z.looseObject({ name: z.string(), value: z.string() })).nullish(),
  apiVersion: z.string({ error: 'is missing' }),
  installHint: text,
  provideClusterInfo: toggle,
  interactiveMode: text,
})

const user = z.looseObject({
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  as: text,
  'as-uid': text,
  'as-groups': texts,
  'as-user-extra': z
    .record(z.string(), z.array(z.string()))
    .nullish()
    .transform((value) => value ?? {}),
  exec: plugin.nullish(),
  'auth-provider': z
    .looseObject({ name: z.string(), config: z.record(z.string(), z.string()).nullish() })
    .nullish()
    .transform((value) => value ?? undefined),
})

const context = z.looseObject({ cluster: text, user: text, namespace: text })

const fileForm = z.looseObject({
  clusters: z.array(z.looseObject({ name: z.string(), cluster })).nullish(),
  users: z.array(z.looseObject({ name: z.string(), user: user.nullish() })).nullish(),
  contexts: z.array(z.looseObject({ name: z.string(), context })).nullish(),
  'current-context': text,
})

export type ClusterEntry = z.infer<typeof cluster>
export type UserEntry = z.infer<typeof user>
export type PluginEntry = z.infer<typeof plugin>
type ContextEntry = z.infer<typeof context>

/** The entries of one or several kubeconfig files. If two entries have the same name, the first one is used. */
export interface KubeConfigEntries {
  readonly current: string | undefined
  readonly contexts: ReadonlyMap<string, ContextEntry>
  readonly clusters: ReadonlyMap<string, ClusterEntry>
  readonly users: ReadonlyMap<string, UserEntry>
}

/** Reads one file. Throws a KubeConfigError that names the place in the file. */
export function readKubeConfigFile(file: string): KubeConfigEntries {
  const form = fileForm.safeParse(contentOf(file))
  if (!form.success) throw unreadable(file, problemText(form.error.issues[0]))
  const { clusters, users, contexts, 'current-context': current } = form.data
  const at = dirname(resolve(file))
  const ofNothing = user.parse({})
  return {
    current,
    contexts: firstOfName(contexts?.map(({ name, context }) => [name, context])),
    clusters: firstOfName(clusters?.map(({ name, cluster }) => [name, absoluteCluster(cluster, at)])),
    users: firstOfName(users?.map(({ name, user }) => [name, absoluteUser(user ?? ofNothing, at)])),
  }
}

/** Merges several files. kubectl merges the files of `$KUBECONFIG` in the same way. */
export function mergedEntries(all: readonly KubeConfigEntries[]): KubeConfigEntries {
  return {
    current: all.find(({ current }) => current !== undefined)?.current,
    contexts: firstOfName(all.flatMap(({ contexts }) => [...contexts])),
    clusters: firstOfName(all.flatMap(({ clusters }) => [...clusters])),
    users: firstOfName(all.flatMap(({ users }) => [...users])),
  }
}

function firstOfName<T>(entries: readonly (readonly [string, T])[] = []): ReadonlyMap<string, T> {
  const names = new Map<string, T>()
  for (const [name, entry] of entries) {
    if (!names.has(name)) names.set(name, entry)
  }
  return names
}

function contentOf(file: string): unknown {
  try {
    return parse(readRegularFileSync(file, MAX_KUBECONFIG_BYTES).toString('utf8')) ?? {}
  } catch (cause) {
    throw unreadable(file, firstLine(cause), cause)
  }
}

function unreadable(file: string, why: string, cause?: unknown): KubeConfigError {
  const message = `kubeconfig ${file} cannot be read: ${why}; compare it with what kubectl config view shows`
  return new KubeConfigError('kubeconfig_unreadable', message, cause)
}

function problemText(issue: z.core.$ZodIssue | undefined): string {
  const place = issue?.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('') ?? ''
  return `${place.replace(/^\./, '')} ${issue?.message ?? 'is wrong'}`.trim()
}

function absoluteCluster(entry: ClusterEntry, folder: string): ClusterEntry {
  return { ...entry, 'certificate-authority': absolute(entry['certificate-authority'], folder) }
}

function absoluteUser(entry: UserEntry, folder: string): UserEntry {
  return {
    ...entry,
    'client-certificate': absolute(entry['client-certificate'], folder),
    'client-key': absolute(entry['client-key'], folder),
    tokenFile: absolute(entry.tokenFile, folder),
    exec: entry.exec && { ...entry.exec, command: commandPath(entry.exec.command, folder) },
  }
}

function absolute(path: string | undefined, folder: string): string | undefined {
  return path === undefined ? undefined : resolve(folder, path)
}

/** The path of a plugin. A command without a slash stays unchanged, because it is searched for in $PATH. */
function commandPath(command: string, folder: string): string {
  return command.includes(sep) ? resolve(folder, command) : command
}
