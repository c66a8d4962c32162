/**
 * Checks one user and one cluster of a kubeconfig, and returns them as plain values. Everything that kubectl refuses is refused
 * here. A user without credentials is refused too.
 */
import { resolve } from 'node:path'
import { KubeConfigError } from './kube-config-error.ts'
import type { ClusterEntry, PluginEntry, UserEntry } from './kube-config-file.ts'
import type {
  CredentialPlugin,
  Impersonation,
  KubeCluster,
  KubeProof,
  KubeUser,
  OidcSettings,
  PemSource,
} from './kube-context.ts'

/** The cluster's extension with this name is passed on to credential plugins. */
const PLUGIN_EXTENSION = 'client.authentication.k8s.io/exec'

const PLUGIN_API_VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']

/** Checks one cluster of a kubeconfig. Throws a KubeConfigError. */
export function kubeCluster(name: string, entry: ClusterEntry): KubeCluster {
  const { server, 'insecure-skip-tls-verify': insecure } = entry
  if (!/^https?:$/.test(URL.parse(server)?.protocol ?? '')) {
    const problem = `the server of the cluster is ${JSON.stringify(server)}, which is no URL`
    throw new KubeConfigError('kubeconfig_incomplete', `${problem}; write https://HOST:PORT, IPv6 in brackets`)
  }
  const authority = pemSource(entry['certificate-authority-data'], entry['certificate-authority'])
  if (insecure && authority !== undefined) {
    const problem = `cluster ${JSON.stringify(name)} has a certificate authority and insecure-skip-tls-verify`
    throw new KubeConfigError('kubeconfig_incomplete', `${problem}, which kubectl refuses as well; remove one of them`)
  }
  return {
    server,
    authority,
    insecure,
    serverName: entry['tls-server-name'],
    proxy: checkedProxy(entry['proxy-url']),
    pluginConfig: entry.extensions?.find((extension) => extension.name === PLUGIN_EXTENSION)?.extension,
  }
}

function checkedProxy(proxy: string | undefined): string | undefined {
  if (proxy === undefined || /^https?:$/.test(URL.parse(proxy)?.protocol ?? '')) return proxy
  const message = `proxy-url ${proxy} cannot be used: the operator speaks to http and https proxies only`
  throw new KubeConfigError('kubeconfig_incomplete', message)
}

/** Checks one user of a kubeconfig. Throws a KubeConfigError. */
export function kubeUser(name: string, entry: UserEntry): KubeUser {
  const refuse = (problem: string): never => {
    throw new KubeConfigError('kubeconfig_credentials', `user ${JSON.stringify(name)} of the kubeconfig ${problem}`)
  }
  const certificate = pemSource(entry['client-certificate-data'], entry['client-certificate'])
  const key = pemSource(entry['client-key-data'], entry['client-key'])
  if ((certificate === undefined) !== (key === undefined)) {
    refuse('has a client-certificate without a client-key, or a key without a certificate; give both')
  }
  return { name, certificate, key, proof: proofOf(entry, refuse), impersonate: impersonation(entry, refuse) }
}

/** Describes the credentials of a user in words. The text contains no secrets. */
export function credentialsText({ name, certificate, proof }: KubeUser): string {
  const whose = `of user ${JSON.stringify(name)} in the kubeconfig`
  switch (proof.type) {
    case 'token-file':
      return `the token in ${proof.file}`
    case 'token':
      return `the token ${whose}`
    case 'password':
      return `the username and password ${whose}`
    case 'plugin':
      return `what the credential plugin ${proof.plugin.command} gave`
    case 'oidc':
      return `the id-token ${whose}`
    case 'none':
      return `the client certificate ${certificate?.file ?? whose}`
  }
}

/** Whether a user has no credentials. */
export function isAnonymous({ certificate, proof }: KubeUser): boolean {
  return certificate === undefined && proof.type === 'none'
}

type Refuse = (problem: string) => never

function proofOf(entry: UserEntry, refuse: Refuse): KubeProof {
  const { token, tokenFile, username, password, exec } = entry
  const provider = entry['auth-provider']
  const given = Object.entries({
    token: token ?? tokenFile,
    username,
    exec: exec ?? undefined,
    'auth-provider': provider,
  })
  const names = given.filter(([, value]) => value !== undefined).map(([name]) => name)
  if (names.length > 1) refuse(`has ${names.join(' and ')}: which one holds is not clear; leave one`)
  if (tokenFile !== undefined) return { type: 'token-file', file: tokenFile, token }
  if (token !== undefined) return { type: 'token', token }
  if (username !== undefined) return { type: 'password', username, password: password ?? '' }
  if (exec) return { type: 'plugin', plugin: credentialPlugin(exec, refuse) }
  if (provider) return { type: 'oidc', settings: oidcSettings(provider, refuse) }
  return { type: 'none' }
}

function credentialPlugin(entry: PluginEntry, refuse: Refuse): CredentialPlugin {
  const { command, args, env, apiVersion, installHint, provideClusterInfo, interactiveMode } = entry
  if (!PLUGIN_API_VERSIONS.includes(apiVersion)) {
    refuse(`asks its plugin ${command} in version ${apiVersion}; ${PLUGIN_API_VERSIONS.join(' and ')} are spoken here`)
  }
  if (interactiveMode === 'Always') {
    refuse(`has a plugin ${command} that wants a person at a terminal (interactiveMode: Always); use another user`)
  }
  const environment = Object.fromEntries((env ?? []).map((variable) => [variable.name, variable.value]))
  return { command, args, environment, apiVersion, installHint, wantsCluster: provideClusterInfo }
}

function oidcSettings(provider: NonNullable<UserEntry['auth-provider']>, refuse: Refuse): OidcSettings {
  const { name, config } = provider
  if (name !== 'oidc') {
    refuse(
      `has the auth-provider ${name}: only oidc is left of them (kubectl has dropped gcp and azure in 1.26); use an exec plugin, ` +
        'such as gke-gcloud-auth-plugin or kubelogin',
    )
  }
  const value = (key: string): string | undefined => config?.[key] || undefined
  const file = value('idp-certificate-authority')
  return {
    issuer: value('idp-issuer-url'),
    clientId: value('client-id'),
    clientSecret: value('client-secret'),
    idToken: value('id-token'),
    refreshToken: value('refresh-token'),
    authority: pemSource(value('idp-certificate-authority-data'), file && resolve(file)),
  }
}

function impersonation(entry: UserEntry, refuse: Refuse): Impersonation | undefined {
  const { as: user, 'as-uid': uid, 'as-groups': groups, 'as-user-extra': extra } = entry
  if (user !== undefined) return { user, uid, groups, extra }
  if (uid === undefined && groups.length === 0 && Object.keys(extra).length === 0) return undefined
  return refuse('has as-uid, as-groups or as-user-extra without as: say who is meant')
}

/**
 * The source of a PEM. If both are given, the data in the kubeconfig are used and the file is ignored; kubectl does the same.
 */
function pemSource(data: string | undefined, file: string | undefined): PemSource | undefined {
  if (data !== undefined) return { text: Buffer.from(data, 'base64').toString('utf8') }
  return file === undefined ? undefined : { file }
}
