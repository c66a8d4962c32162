import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { loadKubeConfig } from '../../../../operator/api/kube-config.ts'

const CLUSTER = { server: 'https://127.0.0.1:6443/k8s/clusters/c-1/' }

const CONFIG = {
  clusters: [{ name: 'one', cluster: CLUSTER }],
  users: [{ name: 'admin', user: { token: 'secret' } }],
  contexts: [
    { name: 'work', context: { cluster: 'one', user: 'admin', namespace: 'team-a' } },
    { name: 'play', context: { cluster: 'one', user: 'admin' } },
    { name: 'broken', context: { cluster: 'two', user: 'admin' } },
  ],
  'current-context': 'work',
}

const NO_CURRENT = { ...CONFIG, 'current-context': '' }

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-kubeconfig-'))
  file = join(folder, 'kubeconfig')
})

afterEach(() => rmSync(folder, { recursive: true }))

function write(change: object = {}, path = file): void {
  writeFileSync(path, JSON.stringify({ ...CONFIG, ...change }))
}

function refusal(code: string, says: RegExp): unknown {
  return expect.objectContaining({ code, message: expect.stringMatching(says) })
}

describe('a kubeconfig', () => {
  it('is read with its current context, or with the one that is asked for', () => {
    write()
    expect(loadKubeConfig({ file })).toMatchObject({ name: 'work', namespace: 'team-a' })
    expect(loadKubeConfig({ file, context: 'play' })).toMatchObject({ name: 'play', namespace: undefined })
  })

  it.each([
    { wrong: 'is missing', code: 'kubeconfig_unreadable', says: /cannot be read: .*ENOENT/ },
    { wrong: 'is no YAML', content: '{', code: 'kubeconfig_unreadable', says: /cannot be read/ },
    { wrong: 'is empty', content: '', code: 'kubeconfig_incomplete', says: /kubectl config set-context/ },
    {
      wrong: 'has a number for a token',
      content: { ...CONFIG, users: [{ name: 'admin', user: { token: 5 } }] },
      code: 'kubeconfig_unreadable',
      says: /users\[0\]\.user\.token .*string/,
    },
    {
      wrong: 'has no such context',
      content: CONFIG,
      context: 'x',
      code: 'kubeconfig_context_unknown',
      says: /work, play/,
    },
    {
      wrong: 'has no current one',
      content: NO_CURRENT,
      code: 'kubeconfig_context_unknown',
      says: /no current context/,
    },
    {
      wrong: 'lacks a cluster',
      content: CONFIG,
      context: 'broken',
      code: 'kubeconfig_incomplete',
      says: /does not have/,
    },
  ])('that $wrong is refused with what to do', ({ content, context, code, says }) => {
    if (content !== undefined) writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
    expect(() => loadKubeConfig({ file, context })).toThrow(refusal(code, says))
  })

  it.each([
    ['without a scheme', { server: '127.0.0.1:6443' }, /"127\.0\.0\.1:6443", which is no URL; write https:\/\/HOST/],
    ['of a scheme of its own', { server: 'localhost:8080' }, /which is no URL/],
    ['behind a SOCKS proxy', { ...CLUSTER, 'proxy-url': 'socks5://127.0.0.1:1080' }, /http and https proxies only/],
    [
      'that is verified and is not',
      { ...CLUSTER, 'certificate-authority-data': 'eA==', 'insecure-skip-tls-verify': true },
      /which kubectl refuses as well/,
    ],
  ])('with a server %s is refused', (_, cluster, says) => {
    write({ clusters: [{ name: 'one', cluster }] })
    expect(() => loadKubeConfig({ file })).toThrow(refusal('kubeconfig_incomplete', says))
  })

  it.each([
    ['has nothing', {}, /has no credentials \(it has nothing\)/],
    [
      'has a field of another name',
      { tokenfile: '/token' },
      /has no credentials \(it has tokenfile\).*give it token, tok/,
    ],
    ['has a token and a plugin', { token: 't', exec: plugin({}) }, /has token and exec: which one holds/],
    ['has a certificate only', { 'client-certificate-data': 'eA==' }, /without a client-key/],
    [
      'has a token file that is not there',
      { tokenFile: '/missing/token' },
      /the token file \/missing\/token cannot be read: ENOENT/,
    ],
    [
      'has a certificate that is not there',
      { 'client-certificate': '/missing/c', 'client-key': '/missing/k' },
      /the client certificate \/missing\/c cannot be read/,
    ],
    ['is of a provider that is gone', { 'auth-provider': { name: 'gcp' } }, /auth-provider gcp.*use an exec plugin/],
    [
      'has a plugin of another time',
      { exec: plugin({ apiVersion: 'client.authentication.k8s.io/v1alpha1' }) },
      /v1alpha1;/,
    ],
    ['has a plugin that asks people', { exec: plugin({ interactiveMode: 'Always' }) }, /wants a person at a terminal/],
    ['acts for groups of nobody', { token: 't', 'as-groups': ['a'] }, /without as: say who is meant/],
  ])('whose user %s is refused', (_, user, says) => {
    write({ users: [{ name: 'admin', user }] })
    expect(() => loadKubeConfig({ file })).toThrow(refusal('kubeconfig_credentials', says))
  })

  it('needs no credentials where something else has them, as kubectl proxy does', () => {
    write({
      clusters: [{ name: 'one', cluster: { server: 'http://127.0.0.1:8001' } }],
      users: [{ name: 'admin', user: {} }],
    })
    expect(loadKubeConfig({ file }).user.proof).toEqual({ type: 'none' })
  })

  it('names files and plugins from where it is', () => {
    writeFileSync(join(folder, 'token'), 'secret')
    write({ users: [{ name: 'admin', user: { tokenFile: 'token' } }] })
    expect(loadKubeConfig({ file }).user.proof).toMatchObject({ file: join(folder, 'token') })
    for (const [command, expected] of [
      ['./bin/login', join(folder, 'bin/login')],
      ['login', 'login'],
    ] as const) {
      write({ users: [{ name: 'admin', user: { exec: plugin({ command }) } }] })
      expect(loadKubeConfig({ file }).user.proof).toMatchObject({ plugin: { command: expected } })
    }
  })
})

describe('the default kubeconfig', () => {
  const pod = { root: '/nowhere' }

  it('is that of $KUBECONFIG, of several files the first that says something, else that of the home folder', () => {
    const second = join(folder, 'second')
    write({ users: [] })
    write({ users: [{ name: 'admin', user: { token: 'other' } }], 'current-context': 'play' }, second)
    const environment = { KUBECONFIG: ['', join(folder, 'missing'), file, second].join(':'), HOME: '/nowhere' }
    expect(loadKubeConfig({ ...pod, environment })).toMatchObject({ name: 'work', user: { proof: { token: 'other' } } })
    mkdirSync(join(folder, '.kube'))
    write({ 'current-context': 'play' }, join(folder, '.kube/config'))
    expect(loadKubeConfig({ ...pod, environment: { HOME: folder } })).toMatchObject({ name: 'play' })
  })

  it('is missing where nobody has written one', () => {
    const environment = { KUBECONFIG: join(folder, 'missing'), HOME: folder }
    const says = refusal('kubeconfig_missing', /name a file with --kubeconfig/)
    expect(() => loadKubeConfig({ ...pod, environment })).toThrow(says)
  })
})

describe('in a Pod', () => {
  let mount: string

  beforeEach(() => {
    mount = join(folder, 'var/run/secrets/kubernetes.io/serviceaccount')
    mkdirSync(mount, { recursive: true })
    writeFileSync(join(mount, 'token'), 'of-the-pod')
    writeFileSync(join(mount, 'ca.crt'), '-----BEGIN CERTIFICATE-----')
    writeFileSync(join(mount, 'namespace'), 'sip\n')
  })

  it.each([
    ['10.96.0.1', 'https://10.96.0.1:443'],
    ['fd00:10:96::1', 'https://[fd00:10:96::1]:443'],
  ])('the ServiceAccount leads to %s', (host, server) => {
    const environment = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: '443' }
    expect(loadKubeConfig({ root: folder, environment })).toMatchObject({
      namespace: 'sip',
      cluster: { server, authority: { file: join(mount, 'ca.crt') } },
      user: { proof: { type: 'token-file', file: join(mount, 'token') } },
    })
  })

  it('without the variables of one, it is told what is missing', () => {
    const says = refusal('kubeconfig_incomplete', /KUBERNETES_SERVICE_HOST/)
    expect(() => loadKubeConfig({ root: folder, environment: {} })).toThrow(says)
  })
})

function plugin(change: object): object {
  return { command: 'login', apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Never', ...change }
}
