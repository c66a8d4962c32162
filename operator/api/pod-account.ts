/**
 * Makes the context for the API server inside a Pod. It comes from the files that the kubelet mounts and from the environment
 * variables that every container has.
 */
import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import type { Environment } from './config.ts'
import { checkCredentialFile } from './credential-file.ts'
import { KubeConfigError } from './kube-config-error.ts'
import type { KubeContext } from './kube-context.ts'

/** The kubelet mounts this folder into a Pod, except if automountServiceAccountToken is false. */
const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Whether this process runs in a Pod. This is so if the token file exists and the process may read it. */
export function inPod(root: string): boolean {
  try {
    checkCredentialFile('the token', join(root, FOLDER, 'token'))
    return true
  } catch (error) {
    if (error instanceof KubeConfigError) return false
    throw error
  }
}

/** Makes the context of this Pod. Throws a KubeConfigError. */
export function podContext(root: string, environment: Environment): KubeContext {
  const file = (name: string): string => join(root, FOLDER, name)
  const authority = file('ca.crt')
  checkCredentialFile('the certificate authority', authority)
  return {
    name: 'in-cluster',
    namespace: namespaceOf(file('namespace')),
    cluster: {
      server: podServer(environment),
      authority: { file: authority },
      serverName: undefined,
      insecure: false,
      proxy: undefined,
      pluginConfig: undefined,
    },
    user: {
      name: 'the ServiceAccount of this Pod',
      certificate: undefined,
      key: undefined,
      proof: { type: 'token-file', file: file('token'), token: undefined },
      impersonate: undefined,
    },
  }
}

/**
 * The URL of the API server. A URL needs brackets around an IPv6 address. In an IPv6 cluster, the variable has the address
 * without brackets.
 */
function podServer({ KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port }: Environment): string {
  if (host && port) return `https://${isIPv6(host) ? `[${host}]` : host}:${port}`
  const problem =
    'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set, as they are in every container of a Pod'
  throw new KubeConfigError('kubeconfig_incomplete', `${problem}; name a file with --kubeconfig`)
}

function namespaceOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
