/**
 * Runs credential plugins. These are programs that a kubeconfig names. They write an ExecCredential
 * (client.authentication.k8s.io) to their standard output.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { z } from 'zod'
import { processEnvironment } from './config.ts'
import { readPem } from './credential-file.ts'
import { parsedJson } from './json-value.ts'
import { firstLine, KubeConfigError } from './kube-config-error.ts'
import type { CredentialPlugin, KubeCluster } from './kube-context.ts'
import { MAX_PLUGIN_OUTPUT_BYTES, PLUGIN_TIMEOUT_MS } from './limits.ts'

/** The answer of a plugin. */
export interface ExecCredential {
  readonly token: string | undefined
  readonly certificate: string | undefined
  readonly key: string | undefined
  /** Milliseconds since 1970. If undefined, the credential is used until the API server refuses it. */
  readonly expires: number | undefined
}

const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined)

const answerForm = z.looseObject({
  kind: z.literal('ExecCredential'),
  apiVersion: z.string(),
  status: z.looseObject({
    token: text,
    clientCertificateData: text,
    clientKeyData: text,
    expirationTimestamp: text,
  }),
})

/** Runs the plugin once. Rejects with a KubeConfigError that names the plugin. */
export async function execCredential(plugin: CredentialPlugin, cluster: KubeCluster): Promise<ExecCredential> {
  const output = await outputOf(plugin, await pluginInfo(plugin, cluster))
  const answer = answerForm.safeParse(parsedJson(output))
  if (!answer.success) throw refused(plugin, 'wrote no ExecCredential with a status')
  const { apiVersion, status } = answer.data
  if (apiVersion !== plugin.apiVersion) {
    throw refused(plugin, `answered in version ${apiVersion} where ${plugin.apiVersion} is asked for`)
  }
  const { token, clientCertificateData: certificate, clientKeyData: key, expirationTimestamp } = status
  if (token === undefined && (certificate === undefined || key === undefined)) {
    throw refused(plugin, 'gave neither a token nor a certificate with its key')
  }
  const expires = expirationTimestamp === undefined ? undefined : Date.parse(expirationTimestamp)
  if (Number.isNaN(expires)) throw refused(plugin, 'gave an expirationTimestamp that is no time')
  return { token, certificate, key, expires }
}

/** The value of `KUBERNETES_EXEC_INFO`. It tells the plugin that it cannot ask a person. */
async function pluginInfo({ apiVersion, wantsCluster }: CredentialPlugin, cluster: KubeCluster): Promise<string> {
  const spec = wantsCluster ? { interactive: false, cluster: await clusterInfo(cluster) } : { interactive: false }
  return JSON.stringify({ apiVersion, kind: 'ExecCredential', spec })
}

async function clusterInfo({ server, authority, serverName, insecure, proxy, pluginConfig }: KubeCluster) {
  const pem = authority && (await readPem('the certificate authority', authority))
  return {
    server,
    ...(serverName === undefined ? {} : { 'tls-server-name': serverName }),
    ...(insecure ? { 'insecure-skip-tls-verify': true } : {}),
    ...(pem === undefined ? {} : { 'certificate-authority-data': Buffer.from(pem).toString('base64') }),
    ...(proxy === undefined ? {} : { 'proxy-url': proxy }),
    ...(pluginConfig === undefined ? {} : { config: pluginConfig }),
  }
}

async function outputOf(plugin: CredentialPlugin, info: string): Promise<string> {
  const { command, args, environment } = plugin
  try {
    const running = promisify(execFile)(command, args, {
      env: { ...processEnvironment(), ...environment, KUBERNETES_EXEC_INFO: info },
      timeout: PLUGIN_TIMEOUT_MS,
      maxBuffer: MAX_PLUGIN_OUTPUT_BYTES,
    })
    running.child.stdin?.end()
    return (await running).stdout
  } catch (cause) {
    throw refused(plugin, failureText(cause), cause)
  }
}

/** The last line that a failed program wrote. It says more about the cause than the exit code does. */
function failureText(cause: unknown): string {
  const { code, killed, stderr } = cause as NodeJS.ErrnoException & {
    readonly killed?: boolean
    readonly stderr?: string
  }
  if (code === 'ENOENT') return 'is not installed here'
  if (killed) return `wrote too much, or nothing within ${PLUGIN_TIMEOUT_MS / 1000} s`
  const last = stderr?.trim().split('\n').at(-1)
  return `failed: ${last || firstLine(cause)}`
}

/** Makes the error of a plugin. The error does not repeat the plugin's output, because the output may contain a token. */
function refused({ command, installHint }: CredentialPlugin, why: string, cause?: unknown): KubeConfigError {
  const remedy = installHint?.replaceAll(/\s+/g, ' ').trim() ?? `run it by hand, or give the user a token`
  const message = `the credential plugin ${command} ${why}; ${remedy}`
  return new KubeConfigError('kubeconfig_credentials', message, cause)
}
