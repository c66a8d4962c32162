/** etcd and kube-apiserver on a loopback address, with RBAC and with certificates of their own; no other part of a cluster. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findKubernetesParts } from '../../scripts/kubernetes-parts.mjs'
import { createCertificateAuthority } from './certificate-authority.ts'
import { answersOk } from './https-probe.ts'
import { type Loopback, loopbackPorts, uriHost } from './loopback-port.ts'
import { guardLeftover } from './process-guard.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

/** The address of a server and its files: enough to use it from another process. */
export interface ServerPlace {
  readonly host: Loopback
  readonly port: number
  /** Contains `ca.crt`, the administrator's `admin.crt` and `admin.key`, and the files for kubectl. */
  readonly folder: string
}

export interface ServerOptions {
  /** Undefined: 127.0.0.1. */
  readonly host?: Loopback
  /** More flags of kube-apiserver: `--service-account-extend-token-expiration=false`. */
  readonly flags?: readonly string[]
}

/** One of the two processes. */
export interface ServerPart {
  /** Freezes the process: connections stay open and nothing answers. */
  pause(): void
  resume(): void
  /** Kills the process, like a crash. */
  kill(): Promise<void>
  /** Stops the process if it runs, and starts it on the same port and data; resolves when it is ready. */
  restart(): Promise<void>
}

export interface KubernetesServer {
  readonly place: ServerPlace
  readonly apiserver: ServerPart
  readonly etcd: ServerPart
  /** `http://HOST:PORT` of etcd. */
  readonly etcdUrl: string
  /** Ends both and removes the folder. */
  stop(): Promise<void>
}

interface Part extends ServerPart {
  stop(): Promise<void>
}

/** Starts both; takes some seconds. @throws KUBERNETES_MISSING, SERVER_START */
export async function startKubernetesServer({
  host = '127.0.0.1',
  flags = [],
}: ServerOptions = {}): Promise<KubernetesServer> {
  const parts = findKubernetesParts().folder
  if (parts === undefined) throw new Error("KUBERNETES_MISSING: 'npm run test:setup' builds what is missing")
  const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-kubernetes-'))
  const release = guardLeftover({ folder })
  const [port = 0, etcdPort = 0, peerPort = 0] = await loopbackPorts(3)
  const etcdUrl = `http://${uriHost(host)}:${etcdPort}`
  await writeCredentials(folder)
  const etcd = await createPart({
    name: 'etcd',
    command: [join(parts, 'etcd'), ...etcdFlags({ folder, etcdUrl, peerUrl: `http://${uriHost(host)}:${peerPort}` })],
    ready: () => answersOk(`${etcdUrl}/health`),
  })
  const apiserver = await createPart({
    name: 'kube-apiserver',
    command: [join(parts, 'kube-apiserver'), ...apiserverFlags({ host, folder, etcdUrl, port }), ...flags],
    ready: () => answersOk(`https://${uriHost(host)}:${port}/readyz`, join(folder, 'ca.crt')),
  })
  const stop = async (): Promise<void> => {
    await apiserver.stop()
    await etcd.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    release()
  }
  return { place: { host, port, folder }, apiserver, etcd, etcdUrl, stop }
}

async function createPart(options: Parameters<typeof startServerProcess>[0]): Promise<Part> {
  let server: ServerProcess = await startServerProcess(options)
  return {
    pause: () => server.pause(),
    resume: () => server.resume(),
    kill: () => server.kill(),
    // Killed at once: when asked to end, kube-apiserver drains for a minute first. No data are lost.
    stop: () => server.kill(),
    restart: async () => {
      await server.kill()
      server = await startServerProcess(options)
    },
  }
}

/** Certificates, the administrator's among them, and the key that signs the tokens of service accounts. */
async function writeCredentials(folder: string): Promise<void> {
  const authority = await createCertificateAuthority(folder)
  const names = ['IP:127.0.0.1', 'IP:::1', 'IP:10.0.0.1', 'DNS:localhost', 'DNS:kubernetes.default.svc']
  await authority.issue({ name: 'server', subject: '/CN=kube-apiserver', names })
  await authority.issue({ name: 'admin', subject: '/O=system:masters/CN=admin' })
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  })
  writeFileSync(join(folder, 'service-account.key'), privateKey, { mode: 0o600 })
}

function etcdFlags({ folder, etcdUrl, peerUrl }: { folder: string; etcdUrl: string; peerUrl: string }): string[] {
  const client = [`--listen-client-urls=${etcdUrl}`, `--advertise-client-urls=${etcdUrl}`]
  const peer = [`--listen-peer-urls=${peerUrl}`, `--initial-advertise-peer-urls=${peerUrl}`]
  const member = [`--data-dir=${join(folder, 'etcd')}`, `--initial-cluster=default=${peerUrl}`]
  return [...member, ...client, ...peer, '--unsafe-no-fsync', '--log-level=warn', '--watch-progress-notify-interval=5s']
}

function apiserverFlags({ host, folder, etcdUrl, port }: ServerPlace & { readonly etcdUrl: string }): string[] {
  const file = (name: string): string => join(folder, name)
  return [
    `--etcd-servers=${etcdUrl}`,
    `--bind-address=${host}`,
    `--advertise-address=${host}`,
    `--secure-port=${port}`,
    `--cert-dir=${folder}`,
    `--tls-cert-file=${file('server.crt')}`,
    `--tls-private-key-file=${file('server.key')}`,
    `--client-ca-file=${file('ca.crt')}`,
    '--authorization-mode=RBAC',
    `--service-cluster-ip-range=${host === '::1' ? 'fd00:5060::/112' : '10.0.0.0/24'}`,
    '--endpoint-reconciler-type=none',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${file('service-account.key')}`,
    `--service-account-signing-key-file=${file('service-account.key')}`,
    // There is no controller manager to make default accounts, so this plug-in would refuse every pod.
    '--disable-admission-plugins=ServiceAccount',
    '--profiling=false',
  ]
}
