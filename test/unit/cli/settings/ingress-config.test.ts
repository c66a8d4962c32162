import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ConfigError, type Environment, type Flags } from '../../../../cli/settings/config.ts'
import { readIngressConfig } from '../../../../cli/settings/ingress-config.ts'
import { INGRESS_SETTINGS } from '../../../../cli/settings/settings.ts'
import { strongKey } from '../../../support/strong-key.ts'

type IngressFlags = Flags<typeof INGRESS_SETTINGS>

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-ingress-config-'))
  writeFileSync(join(folder, 'cookie.current'), strongKey('current'))
  writeFileSync(join(folder, 'password'), 'secret\n')
})

afterAll(() => rmSync(folder, { recursive: true }))

const NEEDED = () => ({ cache: 'redis://cache.sip.svc:6380', keys: folder })

function problemsOf(flags: IngressFlags, environment: Environment = {}): readonly string[] {
  try {
    readIngressConfig('1.2.3', flags, environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('the configuration of an ingress', () => {
  it('needs a cache only', () => {
    expect(readIngressConfig('1.2.3', { cache: 'redis://cache' }, {}).keys).toBeUndefined()
  })

  it('takes what was not said from what is usual', () => {
    const config = readIngressConfig('1.2.3', NEEDED(), {})
    expect(config).toMatchObject({
      version: '1.2.3',
      cache: {
        address: { kind: 'server', tls: false, hosts: [{ host: 'cache.sip.svc', port: 6380 }], database: 0 },
        prefix: 'sip-dispatch',
      },
      keys: folder,
      pod: hostname().toLowerCase(),
      settleMs: 5000,
      settleOptions: 'unavailable',
      drainDeadlineMs: 20_000,
    })
    expect([config.snapshot, config.cache.passwordFile, config.cache.caFile]).toEqual([undefined, undefined, undefined])
    expect([Object.isFrozen(config), Object.isFrozen(config.cache.address.hosts)]).toEqual([true, true])
  })

  it('is read from the environment alone', () => {
    const environment = {
      SIP_DISPATCH_CACHE: 'rediss://pods@cache',
      SIP_DISPATCH_CACHE_PASSWORD_FILE: join(folder, 'password'),
      SIP_DISPATCH_CACHE_PREFIX: 'staging',
      SIP_DISPATCH_KEYS: folder,
      SIP_DISPATCH_POD: 'ingress-7d9f',
      SIP_DISPATCH_SNAPSHOT: '/var/lib/sip-dispatch/table',
      SIP_DISPATCH_SETTLE_SECONDS: '12',
      SIP_DISPATCH_DRAIN_DEADLINE_SECONDS: '180',
    }
    expect(readIngressConfig('1.2.3', {}, environment)).toMatchObject({
      cache: { address: { tls: true, user: 'pods' }, passwordFile: join(folder, 'password'), prefix: 'staging' },
      pod: 'ingress-7d9f',
      snapshot: '/var/lib/sip-dispatch/table',
      settleMs: 12_000,
      settleOptions: 'unavailable',
      drainDeadlineMs: 180_000,
    })
  })

  it('names every setting in the environment as its flag', () => {
    for (const { flag, environment } of Object.values(INGRESS_SETTINGS)) {
      expect(environment).toBe(`SIP_DISPATCH_${flag.slice(2).toUpperCase().replaceAll('-', '_')}`)
    }
  })
})

describe('a configuration of an ingress that cannot be used', () => {
  it('tells every problem at once', () => {
    const flags = { cachePrefix: 'a b', pod: 'Not A Pod', keys: tmpdir(), listen: ['nowhere'], settleSeconds: '601' }
    const origins = problemsOf(flags).map((problem) => problem.split(':')[0])
    expect(origins).toEqual(['--cache', '--cache-prefix', '--pod', '--keys', '--listen', '--settle-seconds'])
  })

  it('does not repeat a password that stands in the URL of the cache', () => {
    const [problem = ''] = problemsOf({ ...NEEDED(), cache: 'redis://pods:hunter2@cache' })
    expect(problem).toMatch(/^--cache: .*holds a password, which belongs into a file/)
    expect(problem).not.toContain('hunter2')
  })

  it('has a certificate for the cache only with its key', () => {
    const file = join(folder, 'password')
    expect(problemsOf({ ...NEEDED(), cacheCertFile: file })).toEqual([
      '--cache-cert-file: must be given together with --cache-key-file',
    ])
    const config = readIngressConfig('1.2.3', { ...NEEDED(), cacheCertFile: file, cacheKeyFile: file }, {})
    expect(config.cache.client).toEqual({ certificateFile: file, keyFile: file })
  })

  it('tells of half a certificate whatever else is wrong, and not of one whose file cannot be read', () => {
    const [file, none] = [join(folder, 'password'), join(folder, 'none')]
    expect(problemsOf({ cacheKeyFile: file, pod: 'Not A Pod' }).map((problem) => problem.split(' ')[0])).toEqual([
      ...['--cache:', '--pod:', '--cache-cert-file:'],
    ])
    expect(problemsOf({ ...NEEDED(), cacheCertFile: file, cacheKeyFile: none })).toEqual([
      `--cache-key-file: "${none}" is not a file that can be read`,
    ])
  })

  it('names the key file that is missing', () => {
    const [problem = ''] = problemsOf({ ...NEEDED(), keys: tmpdir() })
    expect(problem).toContain(`${join(tmpdir(), 'cookie.current')} is missing`)
  })

  it('names a password file that is not there', () => {
    const problems = problemsOf({ ...NEEDED(), cachePasswordFile: join(folder, 'none') })
    expect(problems).toEqual([`--cache-password-file: "${join(folder, 'none')}" is not a file that can be read`])
  })
})
