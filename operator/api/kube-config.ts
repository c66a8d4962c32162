import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Environment, processEnvironment } from './config.ts'
import { checkCredentialFile } from './credential-file.ts'
import { KubeConfigError } from './kube-config-error.ts'
import { type KubeConfigEntries, mergedEntries, readKubeConfigFile, type UserEntry } from './kube-config-file.ts'
import { isAnonymous, kubeCluster, kubeUser } from './kube-config-user.ts'
import type { KubeContext } from './kube-context.ts'
import { inPod, podContext } from './pod-account.ts'

/** Says where to find the kubeconfig. */
export interface KubeConfigSource {
  /**
   * The path of a kubeconfig file. If it is absent and no context is given, a Pod uses its ServiceAccount. If it is absent in
   * any other case, the default kubeconfig is read ($KUBECONFIG, ~/.kube/config).
   */
  readonly file?: string | undefined
  /** A context of the kubeconfig. If absent, the current context is used. A Pod's ServiceAccount has no contexts. */
  readonly context?: string | undefined
  /** The root of the Pod's file system. Default: `/`. */
  readonly root?: string | undefined
  /** The environment variables. Default: those of this process. */
  readonly environment?: Environment | undefined
}

/**
 * Reads the kubeconfig, or the ServiceAccount files that the kubelet has mounted into the Pod. Throws a KubeConfigError that
 * says how to repair the fault.
 */
export function loadKubeConfig(source: KubeConfigSource): KubeContext {
  const { file, context, root = '', environment = processEnvironment() } = source
  if (file !== undefined) return chosenContext(`kubeconfig ${file}`, readKubeConfigFile(file), context)
  if (context === undefined && inPod(root)) return podContext(root, environment)
  const files = defaultFiles(environment).filter((path) => existsSync(path))
  if (files.length === 0) throw missing()
  return chosenContext('the default kubeconfig', mergedEntries(files.map(readKubeConfigFile)), context)
}

/** The paths of the default kubeconfig files. `$KUBECONFIG` may name several files. */
function defaultFiles({ KUBECONFIG, HOME }: Environment): string[] {
  const named = KUBECONFIG?.split(delimiter).filter((path) => path !== '') ?? []
  if (named.length > 0) return named
  return HOME ? [join(HOME, '.kube/config')] : []
}

function missing(): KubeConfigError {
  const where = 'no kubeconfig was found ($KUBECONFIG, ~/.kube/config) and this is no Pod with a ServiceAccount token'
  const remedy = 'name a file with --kubeconfig, or set automountServiceAccountToken: true'
  return new KubeConfigError('kubeconfig_missing', `${where}; ${remedy}`)
}

function chosenContext(what: string, entries: KubeConfigEntries, asked: string | undefined): KubeContext {
  const { contexts, clusters, users, current } = entries
  if (contexts.size === 0) {
    const message = `${what} has no contexts; make one with kubectl config set-context`
    throw new KubeConfigError('kubeconfig_incomplete', message)
  }
  const name = asked ?? current ?? ''
  const context = contexts.get(name)
  if (context === undefined) {
    const wrong = name ? `there is no context ${JSON.stringify(name)}` : 'the kubeconfig has no current context'
    const message = `${wrong}; --context is one of ${[...contexts.keys()].join(', ')}`
    throw new KubeConfigError('kubeconfig_context_unknown', message)
  }
  const cluster = clusters.get(context.cluster ?? '')
  const user = users.get(context.user ?? '')
  if (cluster === undefined || user === undefined) {
    const message = `context ${JSON.stringify(name)} names a cluster or a user that the kubeconfig does not have`
    throw new KubeConfigError('kubeconfig_incomplete', `${message}; see kubectl config view`)
  }
  const { namespace } = context
  const chosen = {
    ...{ name, namespace, cluster: kubeCluster(context.cluster ?? '', cluster) },
    user: kubeUser(context.user ?? '', user),
  }
  checkCredentials(chosen, user)
  return chosen
}

/**
 * Checks the credentials when the program starts. Without this check, every later request would fail, or the API server would
 * treat the operator as an anonymous client.
 */
function checkCredentials({ cluster, user }: KubeContext, entry: UserEntry): void {
  const files = [
    ['the certificate authority', cluster.authority?.file],
    ['the client certificate', user.certificate?.file],
    ['the client key', user.key?.file],
    ['the token file', user.proof.type === 'token-file' ? user.proof.file : undefined],
  ] as const
  for (const [what, file] of files) {
    if (file !== undefined) checkCredentialFile(what, file)
  }
  // A server without TLS is probably `kubectl proxy` or a similar program, which adds its own credentials to each request.
  if (!isAnonymous(user) || cluster.server.startsWith('http:')) return
  const given = Object.keys(entry).filter((field) => entry[field] !== undefined && !KNOWN_EMPTY.has(field))
  const has = given.length === 0 ? 'nothing' : given.join(', ')
  throw new KubeConfigError(
    'kubeconfig_credentials',
    `user ${JSON.stringify(user.name)} of the kubeconfig has no credentials (it has ${has}), so the API server would take ` +
      'the operator for anonymous; give it token, tokenFile, client-certificate and client-key, username and password, exec or auth-provider',
  )
}

/** The reader of kubeconfigs adds these fields to every user, even if the file does not have them. */
const KNOWN_EMPTY: ReadonlySet<string> = new Set(['as-groups', 'as-user-extra'])
