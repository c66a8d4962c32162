import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { apiConnection } from '../../../../operator/api/api-connection.ts'
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

function write(change: object = {}): void {
  writeFileSync(file, JSON.stringify({ ...CONFIG, ...change }))
}

describe('a kubeconfig', () => {
  it('is read with its current context, or with the one that is asked for', () => {
    write()
    expect(loadKubeConfig({ file }).getCurrentContext()).toBe('work')
    expect(loadKubeConfig({ file, context: 'play' }).getCurrentContext()).toBe('play')
  })

  it('comes from the ServiceAccount where the process runs in a Pod', () => {
    const mount = join(folder, 'var/run/secrets/kubernetes.io/serviceaccount')
    mkdirSync(mount, { recursive: true })
    writeFileSync(join(mount, 'token'), 'of-the-pod')
    writeFileSync(join(mount, 'namespace'), 'sip')
    const config = loadKubeConfig({ root: folder })
    expect(config.getContextObject(config.getCurrentContext())?.namespace).toBe('sip')
    expect(config.getCurrentUser()?.authProvider).toMatchObject({ config: { tokenFile: join(mount, 'token') } })
  })

  it.each([
    { wrong: 'is missing', code: 'kubeconfig_unreadable', says: /cannot be read: .*ENOENT/ },
    { wrong: 'is no YAML', content: '{', code: 'kubeconfig_unreadable', says: /cannot be read/ },
    { wrong: 'is empty', content: {}, code: 'kubeconfig_incomplete', says: /kubectl config set-context/ },
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
    const refusal = { code, message: expect.stringMatching(says) }
    expect(() => loadKubeConfig({ file, context })).toThrow(expect.objectContaining(refusal))
  })
})

describe('a connection', () => {
  const connection = () => apiConnection(loadKubeConfig({ file }))

  it('carries who one is, without the newline that a token file ends with', async () => {
    write({ users: [{ name: 'admin', user: { token: 'secret\n', as: 'somebody' } }] })
    expect(await connection()).toMatchObject({
      origin: 'https://127.0.0.1:6443',
      basePath: '/k8s/clusters/c-1',
      headers: { authorization: 'Bearer secret', 'impersonate-user': 'somebody' },
    })
  })

  it('with a user name and a password uses both', async () => {
    write({ users: [{ name: 'admin', user: { username: 'u', password: 'p' } }] })
    expect((await connection()).headers).toEqual({ authorization: 'Basic dTpw' })
  })

  it('is another one when the authority or the certificate changes, and the same when only the token does', async () => {
    const ca = join(folder, 'ca.crt')
    writeFileSync(ca, 'first')
    const cluster = { ...CLUSTER, 'certificate-authority': ca }
    write({ clusters: [{ name: 'one', cluster }] })
    const { key } = await connection()
    write({ clusters: [{ name: 'one', cluster }], users: [{ name: 'admin', user: { token: 'other' } }] })
    expect((await connection()).key).toBe(key)
    writeFileSync(ca, 'second')
    expect((await connection()).key).not.toBe(key)
  })

  it.each([
    ['a server that is no URL', { server: 'somewhere' }, /"somewhere", which is no URL/],
    ['a SOCKS proxy', { ...CLUSTER, 'proxy-url': 'socks5://127.0.0.1:1080' }, /http and https proxies only/],
  ])('to %s is refused', async (_, cluster, message) => {
    write({ clusters: [{ name: 'one', cluster }] })
    await expect(connection()).rejects.toMatchObject({
      code: 'kubeconfig_incomplete',
      message: expect.stringMatching(message),
    })
  })
})
