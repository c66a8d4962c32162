/**
 * A real Kubernetes API server for tests. A whole run of jest shares one; a test that freezes and kills its server starts one
 * of its own. There is no controller manager and no node: namespaces stay, and no pod starts.
 */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { sharedServerPort } from './config.ts'
import { type KubectlResult, type KubectlRun, runKubectl } from './kubectl.ts'
import {
  type KubernetesServer,
  type ServerOptions,
  type ServerPlace,
  startKubernetesServer,
} from './kubernetes-server.ts'
import { uriHost } from './loopback-port.ts'

const CRDS = fileURLToPath(new URL('../../crds/', import.meta.url))

export interface KubernetesApi {
  readonly url: string
  readonly port: number
  /** PEM of the authority that issued the server's certificate. */
  readonly caFile: string
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string
  /** Runs kubectl, by default as the administrator, and returns its exit code and its output. */
  kubectl(args: readonly string[], run?: KubectlRun): Promise<KubectlResult>
  /** Creates a namespace with a new name. */
  namespace(): Promise<string>
  /** A token for a service account, which is created where it is absent; RBAC decides its permissions. */
  serviceAccountToken(account: ServiceAccount): Promise<string>
  /** Writes another kubeconfig, and returns its path. */
  kubeconfigWith(access: Access): string
}

export interface ServiceAccount {
  readonly namespace: string
  readonly name: string
  /** Seconds until the token runs out, 600 at least. Undefined: an hour. */
  readonly seconds?: number
}

export interface Access {
  /** Undefined: the administrator's certificate. */
  readonly token?: string
  /** Port at the same address, for a proxy in front of the server. Undefined: the server's own. */
  readonly port?: number
}

/** A server that only one test uses, so that the test may do anything to it. */
export interface PrivateKubernetesApi
  extends KubernetesApi,
    Pick<KubernetesServer, 'place' | 'apiserver' | 'etcd' | 'stop'> {
  /**
   * Makes etcd forget every revision but the newest. When the API server is restarted afterwards, a watch from an older
   * revision gets 410.
   */
  compact(): Promise<void>
}

/** The server of this run, started at the first call, with the resources of `crds/` established. */
export async function kubernetesApi(): Promise<KubernetesApi> {
  const port = sharedServerPort()
  if (port === undefined) throw new Error('KUBERNETES_NO_RUN: only jest with its globalSetup shares a server')
  const answer: SharedServerAnswer = JSON.parse(await text(connect(port, '127.0.0.1')))
  if (answer.error !== undefined) throw new Error(answer.error)
  return apiAt(answer.place)
}

/** The run's answer to a test that asks for its server. */
export type SharedServerAnswer =
  | { readonly place: ServerPlace; readonly error?: undefined }
  | { readonly error: string }

interface ApiOptions extends ServerOptions {
  /** Undefined: the resources of `crds/` are established. */
  readonly resources?: 'none'
}

/** Starts a server for one test; takes some seconds. The test has to stop it. */
export async function startKubernetesApi(options: ApiOptions = {}): Promise<PrivateKubernetesApi> {
  const server = await startKubernetesServer(options)
  const { place, apiserver, etcd } = server
  const stop = (): Promise<void> => server.stop()
  const api = apiAt(place)
  try {
    api.kubeconfigWith({})
    if (options.resources !== 'none') await establishResources(api)
  } catch (error) {
    await stop()
    throw error
  }
  return { ...api, place, apiserver, etcd, stop, compact: () => compact(server.etcdUrl) }
}

function apiAt({ host, port, folder }: ServerPlace): KubernetesApi {
  const url = `https://${uriHost(host)}:${port}`
  const kubeconfig = join(folder, 'admin.kubeconfig')
  const kubectl = (args: readonly string[], run: KubectlRun = {}) => runKubectl(args, { kubeconfig, folder, ...run })
  return {
    url,
    port,
    caFile: join(folder, 'ca.crt'),
    kubeconfig,
    kubectl,
    namespace: async () => {
      const name = `test-${randomBytes(6).toString('hex')}`
      await succeeds(kubectl, ['create', 'namespace', name])
      return name
    },
    serviceAccountToken: ({ namespace, name, seconds = 3600 }) => tokenOf(kubectl, { namespace, name, seconds }),
    kubeconfigWith: (access) => {
      const isAdmin = access.token === undefined && access.port === undefined
      const path = isAdmin ? kubeconfig : join(folder, `${randomBytes(6).toString('hex')}.kubeconfig`)
      writeFileSync(path, JSON.stringify(kubeconfigContent(access, { host, port, folder })), { mode: 0o600 })
      return path
    },
  }
}

type Kubectl = KubernetesApi['kubectl']

/** Returns the output. @throws KUBECTL_FAILED */
async function succeeds(kubectl: Kubectl, args: readonly string[], run?: KubectlRun): Promise<string> {
  const { code, stdout, stderr } = await kubectl(args, run)
  if (code !== 0) throw new Error(`KUBECTL_FAILED: kubectl ${args.join(' ')} ended with ${code}\n${stderr}`)
  return stdout
}

async function tokenOf(kubectl: Kubectl, { namespace, name, seconds }: Required<ServiceAccount>): Promise<string> {
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } }
  await succeeds(kubectl, ['apply', '--server-side', '-f', '-'], { input: JSON.stringify(account) })
  const stdout = await succeeds(kubectl, ['create', 'token', name, '-n', namespace, `--duration=${seconds}s`])
  return stdout.trim()
}

async function establishResources(api: KubernetesApi): Promise<void> {
  const kubectl: KubernetesApi['kubectl'] = (args, run) => api.kubectl(args, run)
  await succeeds(kubectl, ['apply', '--server-side', '-f', CRDS])
  await succeeds(kubectl, ['wait', '--for=condition=Established', '--timeout=120s', 'crd', '--all'])
}

function kubeconfigContent({ token, port }: Access, { host, port: own, folder }: ServerPlace): object {
  const certificate = { 'client-certificate': join(folder, 'admin.crt'), 'client-key': join(folder, 'admin.key') }
  const server = `https://${uriHost(host)}:${port ?? own}`
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': join(folder, 'ca.crt') } }],
    users: [{ name: 'test', user: token === undefined ? certificate : { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  }
}

/** Uses etcd's JSON gateway, where numbers of 64 bits are strings. */
async function compact(etcdUrl: string): Promise<void> {
  const { header } = await asked(`${etcdUrl}/v3/kv/range`, { key: 'AA==', limit: '1' })
  await asked(`${etcdUrl}/v3/kv/compaction`, { revision: header.revision, physical: true })
}

async function asked(url: string, body: object): Promise<{ header: { revision: string } }> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`ETCD_ANSWER: ${url} answered ${response.status}: ${await response.text()}`)
  return JSON.parse(await response.text())
}
