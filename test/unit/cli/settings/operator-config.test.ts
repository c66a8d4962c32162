import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ConfigError } from '../../../../cli/settings/config.ts'
import { readOperatorConfig } from '../../../../cli/settings/operator-config.ts'
import { OPERATOR_SETTINGS } from '../../../../cli/settings/operator-settings.ts'

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-operator-config-'))
  writeFileSync(join(folder, 'kubeconfig'), 'apiVersion: v1\n')
})

afterAll(() => rmSync(folder, { recursive: true }))

describe('the configuration of an operator', () => {
  it('needs a cache only', () => {
    expect(readOperatorConfig('1.2.3', { cache: 'redis://cache' }, {})).toEqual({
      version: '1.2.3',
      kubeconfig: undefined,
      context: undefined,
      namespaces: [],
      resolver: [],
      cache: {
        address: expect.objectContaining({ kind: 'server', hosts: [{ host: 'cache', port: 6379 }] }),
        passwordFile: undefined,
        caFile: undefined,
        prefix: 'sip-dispatch',
      },
      http: { host: '127.0.0.1', port: 9091 },
      leaderElect: true,
      leaseName: 'sip-dispatch-operator',
      leaseNamespace: undefined,
      allowMassDeletion: false,
      dryRun: false,
      keySecret: undefined,
      installation: undefined,
      logLevel: 'info',
    })
  })

  it('takes every setting from flags, a namespace once', () => {
    const flags = {
      cache: 'redis://cache',
      kubeconfig: join(folder, 'kubeconfig'),
      context: 'kind-kind',
      namespace: ['voice', 'lab', 'voice'],
      leaderElect: 'false',
      leaseName: 'blue',
      leaseNamespace: 'sip',
      allowMassDeletion: 'true',
      dryRun: 'true',
      keySecret: 'sip-dispatch-keys',
    }
    expect(readOperatorConfig('1.2.3', flags, {})).toMatchObject({
      kubeconfig: join(folder, 'kubeconfig'),
      context: 'kind-kind',
      namespaces: ['voice', 'lab'],
      leaderElect: false,
      leaseName: 'blue',
      leaseNamespace: 'sip',
      allowMassDeletion: true,
      dryRun: true,
      keySecret: 'sip-dispatch-keys',
    })
  })

  it('is frozen', () => {
    const config = readOperatorConfig('1.2.3', { cache: 'redis://cache' }, {})
    expect([config, config.cache, config.namespaces].every(Object.isFrozen)).toBe(true)
  })

  it('tells every problem at once', () => {
    const environment = { SIP_DISPATCH_NAMESPACE: 'voice,Lab', SIP_DISPATCH_DRY_RUN: 'yes' }
    const read = () => readOperatorConfig('1.2.3', { kubeconfig: join(folder, 'none'), http: 'x' }, environment)
    expect(read).toThrow(ConfigError)
    expect(read).toThrow(
      /--kubeconfig: .*\nSIP_DISPATCH_NAMESPACE: "Lab" .*\n--cache: .*\n--http: .*\nSIP_DISPATCH_DRY_RUN: /,
    )
  })

  it('tells of half a certificate beside everything else', () => {
    const flags = { cacheCertFile: join(folder, 'kubeconfig'), leaseName: 'Not A Lease' }
    expect(() => readOperatorConfig('1.2.3', flags, {})).toThrow(
      /^--cache: .*\n--lease-name: .*\n--cache-cert-file: must be/,
    )
  })

  it('names every setting in the environment as its flag', () => {
    for (const { flag, environment } of Object.values(OPERATOR_SETTINGS)) {
      expect(environment).toBe(`SIP_DISPATCH_${flag.slice(2).toUpperCase().replaceAll('-', '_')}`)
    }
  })
})
