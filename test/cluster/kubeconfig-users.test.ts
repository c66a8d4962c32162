/** Every way in which a kubeconfig says who one is and how to get there, tried on a real API server, which answers whom it sees. */
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { apiWire } from '../../operator/api/api-wire.ts'
import { type KubernetesApi, kubernetesApi } from '../support/kubernetes-api.ts'
import { describeWith } from '../support/real-part.ts'

const TEST_LIMIT_MS = 600_000

const REVIEWS = '/apis/authentication.k8s.io/v1/selfsubjectreviews'

const PLUGIN_VERSION = 'client.authentication.k8s.io/v1'

interface Given {
  readonly user?: object
  readonly cluster?: object
}

describeWith(['kubernetes'], 'a kubeconfig on a real API server', () => {
  let api: KubernetesApi
  let folder: string
  let proxy: Server
  let account: string
  let token: string
  const tunnels: string[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-users-'))
    api = await kubernetesApi()
    const namespace = await api.namespace()
    account = `system:serviceaccount:${namespace}:caller`
    token = await api.serviceAccountToken({ namespace, name: 'caller' })
    proxy = createServer().listen(0, '127.0.0.1')
    proxy.on('connect', (request, socket) => {
      tunnels.push(request.url ?? '')
      const server = connect(api.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        server.pipe(socket)
        socket.pipe(server)
      })
      server.on('error', () => socket.destroy())
      socket.on('error', () => server.destroy())
    })
    await once(proxy, 'listening')
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await new Promise((resolve) => proxy.close(resolve))
    rmSync(folder, { recursive: true })
  })

  const put = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content)
    return name
  }

  /** Of the administrator, as the API server of the tests has it. */
  const pem = (name: string): string => readFileSync(join(dirname(api.caFile), name), 'utf8')

  const data = (name: string): string => Buffer.from(pem(name)).toString('base64')

  /** A plugin that writes its answer. */
  function plugin(status: object): object {
    const answer = JSON.stringify({ apiVersion: PLUGIN_VERSION, kind: 'ExecCredential', status })
    chmodSync(join(folder, put('login', `#!/bin/sh\ncat <<'END'\n${answer}\nEND\n`)), 0o755)
    return { exec: { command: './login', apiVersion: PLUGIN_VERSION, interactiveMode: 'Never' } }
  }

  /** Whom the API server takes the operator for, by the wire that it uses for everything. */
  async function identity({ user = { token }, cluster = { 'certificate-authority': api.caFile } }: Given) {
    const config = {
      clusters: [{ name: 'one', cluster: { server: api.url, ...cluster } }],
      users: [{ name: 'me', user }],
      contexts: [{ name: 'one', context: { cluster: 'one', user: 'me' } }],
      'current-context': 'one',
    }
    const wire = apiWire({ file: join(folder, put('kubeconfig', JSON.stringify(config))) })
    try {
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
      const answer = await wire.send({ method: 'POST', path: REVIEWS, body })
      const { status }: { status: { userInfo: { username: string; groups: string[] } } } = JSON.parse(
        await answer.text(),
      )
      return status.userInfo
    } finally {
      await wire.close()
    }
  }

  it.each([
    ['a token', () => ({ token })],
    ['a token file', () => ({ tokenFile: put('token', `${token}\n`) })],
    ['what a credential plugin gives', () => plugin({ token })],
  ])('is a service account with %s', async (_, user) => {
    expect(await identity({ user: user() })).toMatchObject({ username: account })
  })

  it.each([
    [
      'the files of a certificate',
      () => ({ 'client-certificate': put('c', pem('admin.crt')), 'client-key': put('k', pem('admin.key')) }),
    ],
    [
      'the data of a certificate',
      () => ({ 'client-certificate-data': data('admin.crt'), 'client-key-data': data('admin.key') }),
    ],
    [
      'the certificate of a credential plugin',
      () => plugin({ clientCertificateData: pem('admin.crt'), clientKeyData: pem('admin.key') }),
    ],
  ])('is the administrator with %s', async (_, user) => {
    expect(await identity({ user: user() })).toMatchObject({ username: 'admin' })
  })

  it('is whom it acts for', async () => {
    const user = { 'client-certificate-data': data('admin.crt'), 'client-key-data': data('admin.key') }
    const seen = await identity({ user: { ...user, as: 'jane', 'as-groups': ['dev', 'ops'] } })
    expect(seen).toMatchObject({ username: 'jane', groups: expect.arrayContaining(['dev', 'ops']) })
  })

  it.each([
    ['the data of the authority', () => ({ 'certificate-authority-data': data('ca.crt') })],
    ['no look at the certificate', () => ({ 'insecure-skip-tls-verify': true })],
    ['another name in it', () => ({ 'certificate-authority': api.caFile, 'tls-server-name': 'localhost' })],
  ])('gets there with %s', async (_, cluster) => {
    expect(await identity({ cluster: cluster() })).toMatchObject({ username: account })
  })

  it('gets there through a proxy', async () => {
    const cluster = { 'certificate-authority': api.caFile, 'proxy-url': proxyUrl() }
    expect(await identity({ cluster })).toMatchObject({ username: account })
    expect(tunnels).toEqual([`127.0.0.1:${api.port}`])
  })

  it.each([
    ['the system knows no authority of it', () => ({}), /unable to verify|self-signed/],
    [
      'it has no such name',
      () => ({ 'certificate-authority': api.caFile, 'tls-server-name': 'elsewhere' }),
      /elsewhere/,
    ],
  ])('believes no server where %s', async (_, cluster, says) => {
    await expect(identity({ cluster: cluster() })).rejects.toMatchObject({
      code: 'api_unreachable',
      message: expect.stringMatching(says),
    })
  })

  it.each([
    [
      'a token file',
      () => ({ tokenFile: put('wrong', 'wrong') }),
      /it does not take the token in .*\/wrong: renew that/,
    ],
    ['a plugin', () => plugin({ token: 'wrong' }), /it does not take what the credential plugin .*\/login gave: renew/],
  ])('that is refused says which credentials are not taken: %s', async (_, user, says) => {
    await expect(identity({ user: user() })).rejects.toMatchObject({
      code: 'api_unauthorized',
      message: expect.stringMatching(says),
    })
  })

  function proxyUrl(): string {
    const place = proxy.address()
    if (place === null || typeof place === 'string') throw new Error('the proxy does not listen')
    return `http://127.0.0.1:${place.port}`
  }
})
