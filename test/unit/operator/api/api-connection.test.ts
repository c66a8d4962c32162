import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { apiConnections } from '../../../../operator/api/api-connection.ts'
import { loadKubeConfig } from '../../../../operator/api/kube-config.ts'
import { createCertificateAuthority } from '../../../support/certificate-authority.ts'
import { describeWith } from '../../../support/real-part.ts'

const SERVER = 'https://127.0.0.1:6443/k8s/clusters/c-1/'

const PEM = '-----BEGIN CERTIFICATE-----\nfirst'

const V1 = 'client.authentication.k8s.io/v1'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-connection-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

/** Connections as a kubeconfig with this user has them. */
function connections(user: object, cluster: object = {}): ReturnType<typeof apiConnections> {
  const file = put('kubeconfig', '')
  const config = {
    clusters: [{ name: 'one', cluster: { server: SERVER, ...cluster } }],
    users: [{ name: 'admin', user }],
    contexts: [{ name: 'work', context: { cluster: 'one', user: 'admin' } }],
    'current-context': 'work',
  }
  writeFileSync(file, JSON.stringify(config))
  return apiConnections(loadKubeConfig({ file }))
}

function put(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe('a connection', () => {
  it('goes to the server of the kubeconfig, and to what stands behind it', async () => {
    expect(await connections({ token: 'secret' })()).toMatchObject({
      origin: 'https://127.0.0.1:6443',
      basePath: '/k8s/clusters/c-1',
      headers: { authorization: 'Bearer secret' },
    })
  })

  it('carries whom one acts for', async () => {
    const extra = { 'example.com/Team': ['a', 'b'] }
    const user = { token: 't', as: 'jane', 'as-uid': '7', 'as-groups': ['dev', 'ops'], 'as-user-extra': extra }
    expect((await connections(user)()).headers).toEqual({
      authorization: 'Bearer t',
      'impersonate-user': 'jane',
      'impersonate-uid': '7',
      'impersonate-group': ['dev', 'ops'],
      'impersonate-extra-example.com%2FTeam': ['a', 'b'],
    })
  })

  it('with a user name and a password uses both', async () => {
    expect((await connections({ username: 'u', password: 'p' })()).headers).toEqual({ authorization: 'Basic dTpw' })
  })

  it('uses what a token file holds at the moment, before a token beside it', async () => {
    const tokenFile = put('token', 'first\n')
    const connect = connections({ tokenFile, token: 'beside' })
    expect((await connect()).headers).toEqual({ authorization: 'Bearer first' })
    writeFileSync(tokenFile, 'second')
    expect((await connect()).headers).toEqual({ authorization: 'Bearer second' })
  })

  it('goes on with the last token while its file is being written', async () => {
    const tokenFile = put('token', 'first')
    const connect = connections({ tokenFile })
    await connect()
    writeFileSync(tokenFile, '')
    expect((await connect()).headers).toEqual({ authorization: 'Bearer first' })
    rmSync(tokenFile)
    expect((await connect()).headers).toEqual({ authorization: 'Bearer first' })
  })

  it.each([
    ['is empty', '\n', /it is empty; mount what holds it/],
    ['holds something else', 'two words', /no token; mount/],
  ])('cannot be made with a token file that %s', async (_, content, says) => {
    const connect = connections({ tokenFile: put('token', content) })
    await expect(connect()).rejects.toMatchObject({
      code: 'kubeconfig_credentials',
      message: expect.stringMatching(says),
    })
  })

  it.each([
    ['certificate-authority', 'ca'],
    ['client-certificate', 'cert'],
    ['client-key', 'key'],
  ] as const)('takes the data of %s before its file', async (field, part) => {
    const data = { [`${field}-data`]: Buffer.from(`${PEM} data`).toString('base64') }
    const files = Object.fromEntries(
      ['certificate-authority', 'client-certificate', 'client-key'].map((name) => [name, put(name, `${PEM} ${name}`)]),
    )
    const tls = async (more: object) => (await connections({ ...files, ...more }, { ...files, ...more })()).tls
    expect((await tls({}))[part]).toBe(`${PEM} ${field}`)
    expect((await tls(data))[part]).toBe(`${PEM} data`)
  })

  it('believes no authority of the system where the file of its own is empty', async () => {
    const authority = put('ca.crt', '')
    const connect = connections({ token: 't' }, { 'certificate-authority': authority })
    await expect(connect()).rejects.toMatchObject({
      message: expect.stringMatching(/ca\.crt cannot be read: it holds no PEM/),
    })
  })

  it('looks for another name in the certificate, or for none, where it is told to', async () => {
    expect((await connections({ token: 't' }, { 'tls-server-name': 'api' })()).tls).toEqual({ servername: 'api' })
    const insecure = await connections({ token: 't' }, { 'insecure-skip-tls-verify': true })()
    expect(insecure.tls).toEqual({ rejectUnauthorized: false })
  })

  it('is another one when the authority or the certificate changes, and the same when only the token does', async () => {
    const cluster = { 'certificate-authority': put('ca.crt', PEM) }
    const { key } = await connections({ token: 't' }, cluster)()
    const connect = connections({ token: 'other' }, cluster)
    expect((await connect()).key).toBe(key)
    writeFileSync(cluster['certificate-authority'], PEM.replace('first', 'second'))
    expect((await connect()).key).not.toBe(key)
  })
})

describe('a connection of a credential plugin', () => {
  /** A plugin that counts how often it was run, and says what a file has. */
  function exec(answer: object, change: object = {}): object {
    put('answer', JSON.stringify(answer))
    put(
      'login',
      `#!/bin/sh\necho "$KUBERNETES_EXEC_INFO" >> '${folder}/asked'\n[ "$1" = on ] && cat '${folder}/answer'\n`,
    )
    chmodSync(join(folder, 'login'), 0o755)
    return { exec: { command: './login', args: ['on'], apiVersion: V1, ...change } }
  }

  const answer = (status: object, apiVersion = V1): object => ({ kind: 'ExecCredential', apiVersion, status })

  const asked = (): object[] =>
    readFileSync(join(folder, 'asked'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))

  it('uses its token until that runs out, and asks once for all who wait', async () => {
    const connect = connections(exec(answer({ token: 'a', expirationTimestamp: '2999-01-01T00:00:00Z' })))
    const both = await Promise.all([connect(), connect()])
    expect([...both, await connect()].map(({ headers }) => headers['authorization'])).toEqual(Array(3).fill('Bearer a'))
    expect(asked()).toEqual([{ apiVersion: V1, kind: 'ExecCredential', spec: { interactive: false } }])
    put('answer', JSON.stringify(answer({ token: 'b', expirationTimestamp: '2001-01-01T00:00:00Z' })))
    const late = connections(exec(answer({ token: 'b', expirationTimestamp: '2001-01-01T00:00:00Z' })))
    await late()
    await late()
    expect(asked()).toHaveLength(3)
  })

  it('uses its certificate', async () => {
    const connect = connections(exec(answer({ clientCertificateData: PEM, clientKeyData: `${PEM} key` })))
    expect(await connect()).toMatchObject({ headers: {}, tls: { cert: PEM, key: `${PEM} key` } })
  })

  it('tells it of the cluster, if it wants that, and sets its variables', async () => {
    const user = exec(answer({ token: '$NAME' }), { provideClusterInfo: true, env: [{ name: 'NAME', value: 'x' }] })
    writeFileSync(
      join(folder, 'login'),
      `#!/bin/sh\necho "$KUBERNETES_EXEC_INFO" >> '${folder}/asked'\nsed "s/.NAME/$NAME/" '${folder}/answer'\n`,
    )
    const extensions = [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'me' } }]
    const authority = Buffer.from(PEM).toString('base64')
    const cluster = { 'certificate-authority-data': authority, 'tls-server-name': 'api', extensions }
    expect((await connections(user, cluster)()).headers).toEqual({ authorization: 'Bearer x' })
    const told = {
      server: SERVER,
      'tls-server-name': 'api',
      'certificate-authority-data': authority,
      config: { audience: 'me' },
    }
    expect(asked()).toMatchObject([{ spec: { cluster: told } }])
  })

  it.each([
    ['is not there', { command: './missing' }, {}, /missing is not installed here; get it from example\.com$/],
    ['fails', { args: ['off'] }, {}, /login failed: Command failed/],
    ['says nothing of use', {}, { status: {} }, /wrote no ExecCredential with a status/],
    ['gives nothing', {}, answer({}), /gave neither a token nor a certificate/],
    [
      'speaks another version',
      {},
      answer({ token: 't' }, `${V1}beta1`),
      /answered in version .*v1beta1 where .*v1 is asked/,
    ],
    ['has no time', {}, answer({ token: 't', expirationTimestamp: 'soon' }), /expirationTimestamp that is no time/],
  ])('that %s cannot be made, and says why without its answer', async (_, change, said, says) => {
    const connect = connections(exec(said, { installHint: 'get it\nfrom example.com', ...change }))
    const message = expect.stringMatching(says)
    await expect(connect()).rejects.toMatchObject({ code: 'kubeconfig_credentials', message })
  })
})

describeWith(['openssl'], 'a connection of an identity provider', () => {
  let issuer: Server
  let url: string
  let authority: string
  const grants: URLSearchParams[] = []

  beforeEach(async () => {
    const made = await createCertificateAuthority(folder)
    authority = made.caFile
    const { certificateFile, keyFile } = await made.issue({ name: 'issuer', subject: '/CN=i', names: ['IP:127.0.0.1'] })
    issuer = createServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) }).listen(0, '127.0.0.1')
    await once(issuer, 'listening')
    const place = issuer.address()
    url = `https://127.0.0.1:${typeof place === 'object' ? place?.port : ''}`
    grants.length = 0
    issuer.on('request', (request, response) => void answer(request, response))
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    response.setHeader('content-type', 'application/json')
    if (request.url?.startsWith('/.well-known/')) {
      response.end(JSON.stringify({ issuer: url, token_endpoint: `${url}/token`, jwks_uri: `${url}/keys` }))
      return
    }
    grants.push(new URLSearchParams(body))
    const tokens = { access_token: 'x', token_type: 'Bearer', id_token: idToken(3600), refresh_token: 'r2' }
    response.end(JSON.stringify(tokens))
  }

  afterEach(async () => {
    issuer.closeAllConnections()
    await new Promise((resolve) => issuer.close(resolve))
  })

  /** Unsigned: who checks it is the API server. */
  function idToken(seconds: number): string {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: url, aud: 'sip-dispatch', sub: 'jane', iat: now, exp: now + seconds }
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    return `${part({ alg: 'RS256' })}.${part(claims)}.c2ln`
  }

  const user = (config: object): object => ({ 'auth-provider': { name: 'oidc', config } })

  it('uses the ID token while it holds', async () => {
    const token = idToken(3600)
    const { headers } = await connections(user({ 'id-token': token }))()
    expect(headers).toEqual({ authorization: `Bearer ${token}` })
    expect(grants).toEqual([])
  })

  it('fetches a new one, once, when it has run out', async () => {
    const about = { 'idp-issuer-url': url, 'client-id': 'sip-dispatch', 'idp-certificate-authority': authority }
    const old = idToken(-10)
    const connect = connections(user({ ...about, 'id-token': old, 'refresh-token': 'r1' }))
    const [first, second] = [await connect(), await connect()]
    expect(first.headers['authorization']).toMatch(/^Bearer ey/)
    expect(first.headers['authorization']).not.toBe(`Bearer ${old}`)
    expect(second.headers).toEqual(first.headers)
    expect(grants.map((grant) => Object.fromEntries(grant))).toEqual([
      { grant_type: 'refresh_token', refresh_token: 'r1', client_id: 'sip-dispatch' },
    ])
  })

  it.each([
    ['there is nothing to fetch one with', () => ({}), /has expired, and idp-issuer-url, client-id and refresh-token/],
    [
      'the issuer cannot be trusted',
      () => ({ 'idp-issuer-url': url, 'client-id': 'sip-dispatch', 'refresh-token': 'r1' }),
      /was not renewed by https:.*; log in again/,
    ],
  ])('says so where %s', async (_, config, says) => {
    const connect = connections(user({ 'id-token': idToken(-10), ...config() }))
    await expect(connect()).rejects.toMatchObject({
      code: 'kubeconfig_credentials',
      message: expect.stringMatching(says),
    })
  })
})
