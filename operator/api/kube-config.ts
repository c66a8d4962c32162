import { accessSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { MAX_KUBECONFIG_BYTES } from './limits.ts'

/** Where the way to the API server is written. */
export interface KubeConfigSource {
  /** A kubeconfig file. Absent: the Pod's ServiceAccount, else the default kubeconfig ($KUBECONFIG, ~/.kube/config). */
  readonly file?: string | undefined
  /** A context of the kubeconfig. Absent: its current one. A Pod's ServiceAccount has no contexts. */
  readonly context?: string | undefined
  /** Where the file system of the Pod begins. Default: `/`. */
  readonly root?: string | undefined
}

/** Stable: what a program should look at. */
export type KubeConfigErrorCode =
  | 'kubeconfig_missing'
  | 'kubeconfig_unreadable'
  | 'kubeconfig_context_unknown'
  | 'kubeconfig_incomplete'

/** Why the way to the API server is not known. */
export class KubeConfigError extends Error {
  readonly code: KubeConfigErrorCode

  constructor(code: KubeConfigErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'KubeConfigError'
    this.code = code
  }
}

/** Reads the kubeconfig, or what the kubelet has mounted into the Pod. Throws a KubeConfigError that says what to do. */
export function loadKubeConfig(source: KubeConfigSource): KubeConfig {
  const config = new KubeConfig()
  if (source.file !== undefined) {
    const { file } = source
    readInto(config, `kubeconfig ${file}`, () => {
      checkRegular(file)
      config.loadFromFile(file)
    })
  } else if (source.context === undefined && inPod(source.root)) {
    readInto(config, 'the ServiceAccount of this Pod', () => config.loadFromCluster(source.root))
  } else {
    readInto(config, 'the default kubeconfig', () => config.loadFromDefault())
    if (config.getCurrentContext() === LOADED_FROM_NOTHING) throw missing()
  }
  chooseContext(config, source.context)
  return config
}

/** The kubelet mounts it into every Pod that has not switched that off. */
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** The context that client-node makes up where there is neither a kubeconfig nor a ServiceAccount. */
const LOADED_FROM_NOTHING = 'loaded-context'

function inPod(root = ''): boolean {
  try {
    accessSync(join(root, TOKEN_PATH))
    return true
  } catch (error) {
    // A system error says that it is not there, or not for this process; anything else is a defect.
    if (typeof error === 'object' && error !== null && 'code' in error) return false
    throw error
  }
}

function missing(): KubeConfigError {
  const where = 'no kubeconfig was found ($KUBECONFIG, ~/.kube/config) and this is no Pod with a ServiceAccount token'
  const remedy = 'name a file with --kubeconfig, or set automountServiceAccountToken: true'
  return new KubeConfigError('kubeconfig_missing', `${where}; ${remedy}`)
}

function readInto(config: KubeConfig, what: string, read: () => void): void {
  try {
    read()
  } catch (cause) {
    throw new KubeConfigError('kubeconfig_unreadable', `${what} cannot be read: ${firstLine(cause)}; ${REMEDY}`, cause)
  }
  if (config.getContexts().length > 0) return
  throw new KubeConfigError(
    'kubeconfig_incomplete',
    `${what} has no contexts; make one with kubectl config set-context`,
  )
}

/** A pipe that nobody writes to, or a device that never ends, would hold up the start for ever. */
function checkRegular(file: string): void {
  const stats = statSync(file)
  if (!stats.isFile()) throw new Error('it is no regular file')
  if (stats.size > MAX_KUBECONFIG_BYTES) throw new Error(`it has more than ${MAX_KUBECONFIG_BYTES} bytes`)
}

const REMEDY = 'compare it with what kubectl config view shows'

/** The parser of YAML shows the place in more lines, of which a message has one. */
function firstLine(cause: unknown): string {
  const [line = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)
  return line
}

function chooseContext(config: KubeConfig, context: string | undefined): void {
  const names = config.getContexts().map(({ name }) => name)
  const name = context ?? config.getCurrentContext()
  if (!names.includes(name)) {
    const wrong = name ? `there is no context ${JSON.stringify(name)}` : 'the kubeconfig has no current context'
    throw new KubeConfigError('kubeconfig_context_unknown', `${wrong}; --context is one of ${names.join(', ')}`)
  }
  config.setCurrentContext(name)
  if (config.getCurrentCluster() !== null && config.getCurrentUser() !== null) return
  const message = `context ${JSON.stringify(name)} names a cluster or a user that the kubeconfig does not have`
  throw new KubeConfigError('kubeconfig_incomplete', `${message}; see kubectl config view`)
}
