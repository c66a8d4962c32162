import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ConfigError, type Environment, type Flags } from '../../../../cli/settings/config.ts'
import { readIngressConfig } from '../../../../cli/settings/ingress-config.ts'
import type { STANDALONE_SETTINGS } from '../../../../cli/settings/settings.ts'
import { readStandaloneConfig } from '../../../../cli/settings/standalone-config.ts'

type StandaloneFlags = Flags<typeof STANDALONE_SETTINGS>

let folder = ''
let secretFile = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-engine-'))
  secretFile = join(folder, 'secret')
  writeFileSync(secretFile, 'cymru\n')
})

afterAll(() => rmSync(folder, { recursive: true }))

function read(flags: StandaloneFlags, environment: Environment = {}) {
  return readStandaloneConfig('1', { rules: folder, ...flags }, environment)
}

function problemsOf(flags: StandaloneFlags, environment: Environment = {}): readonly string[] {
  try {
    read(flags, environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('the native engine', () => {
  it('is the one that runs unless told, on the usual addresses', () => {
    const { drachtio, listen } = read({})
    expect([drachtio, listen.map(({ transport, port }) => `${transport} ${port}`)]).toEqual([
      undefined,
      ['UDP 5060', 'TCP 5060'],
    ])
  })

  it('has no use for what only the other engine takes, and says so', () => {
    const flags = {
      drachtio: ['tcp://127.0.0.1:9022'],
      drachtioListen: ['127.0.0.1:4000'],
      drachtioSecretFile: secretFile,
      drachtioCaFile: secretFile,
      drachtioIpv6Backends: 'try',
    }
    const names = [
      '--drachtio',
      '--drachtio-listen',
      '--drachtio-secret-file',
      '--drachtio-ca-file',
      '--drachtio-ipv6-backends',
    ]
    expect(problemsOf(flags)).toEqual(names.map((name) => `${name}: has no use without --engine drachtio`))
  })

  it('lets the secret of another process of the pod stand in the environment', () => {
    expect(read({}, { SIP_DISPATCH_DRACHTIO_SECRET: 'cymru' }).drachtio).toBeUndefined()
  })
})

describe('the drachtio engine', () => {
  it('takes servers, addresses of the outbound mode and the files', () => {
    const { drachtio, listen } = read({
      engine: 'drachtio',
      drachtio: ['tcp://127.0.0.1:9022', 'tls://drachtio.sip.svc:9023', 'tls://[::1]:9024'],
      drachtioListen: ['127.0.0.1:4000'],
      drachtioSecretFile: secretFile,
      drachtioCaFile: secretFile,
    })
    expect(drachtio).toEqual({
      servers: [
        { host: '127.0.0.1', port: 9022, tls: false },
        { host: 'drachtio.sip.svc', port: 9023, tls: true },
        { host: '::1', port: 9024, tls: true },
      ],
      listen: [{ host: '127.0.0.1', port: 4000 }],
      secretFile,
      secret: undefined,
      caFile: secretFile,
      ipv6Backends: false,
    })
    expect(listen).toEqual([])
  })

  it('is read from the environment alone, the secret included', () => {
    const environment = {
      SIP_DISPATCH_ENGINE: 'drachtio',
      SIP_DISPATCH_DRACHTIO: 'tcp://127.0.0.1:9022, tcp://127.0.0.2:9022',
      SIP_DISPATCH_DRACHTIO_SECRET: 'cymru',
      SIP_DISPATCH_CACHE: 'redis://cache',
    }
    const standalone = read({}, environment).drachtio
    expect([standalone?.servers.length, standalone?.secret]).toEqual([2, 'cymru'])
    expect(readIngressConfig('1', {}, environment).drachtio).toEqual(standalone)
  })

  it('sends servers to IPv6 backends only where it is told that they survive it', () => {
    const flags = { engine: 'drachtio', drachtio: ['tcp://127.0.0.1:9022'], drachtioSecretFile: secretFile }
    const told = [
      read(flags),
      read({ ...flags, drachtioIpv6Backends: 'try' }),
      read(flags, { SIP_DISPATCH_DRACHTIO_IPV6_BACKENDS: 'try' }),
    ]
    expect(told.map(({ drachtio }) => drachtio?.ipv6Backends)).toEqual([false, true, true])
    expect(problemsOf({ ...flags, drachtioIpv6Backends: 'yes' })).toEqual([
      '--drachtio-ipv6-backends: must be pass-over or try',
    ])
  })

  it('has no use for addresses of its own', () => {
    const flags = {
      engine: 'drachtio',
      drachtio: ['tcp://127.0.0.1:9022'],
      drachtioSecretFile: secretFile,
      listen: ['udp://127.0.0.1:5060'],
      advertise: 'sip.example.com',
      advertiseInternal: '10.0.0.1',
    }
    const why = 'has no use with --engine drachtio: the drachtio-server takes SIP, and is told its addresses itself'
    expect(problemsOf(flags)).toEqual([`--listen: ${why}`, `--advertise: ${why}`, `--advertise-internal: ${why}`])
  })

  it('needs a server, or an address where servers connect, and a secret', () => {
    expect(problemsOf({ engine: 'drachtio' })).toEqual([
      '--drachtio: must be given with --engine drachtio, or --drachtio-listen',
      '--drachtio-secret-file: must be given with --engine drachtio, or the variable SIP_DISPATCH_DRACHTIO_SECRET',
    ])
  })

  it.each([
    '127.0.0.1:9022',
    'udp://127.0.0.1:9022',
    'tcp://127.0.0.1',
    'tcp://127.0.0.1:0',
    'tcp://::1:9022',
    'tcp://:1',
  ])('refuses %j as a server', (address) => {
    const flags = { engine: 'drachtio', drachtio: [address], drachtioSecretFile: secretFile }
    const problem = `--drachtio: "${address}" is not tcp://HOST:PORT or tls://HOST:PORT, IPv6 in brackets`
    expect(problemsOf(flags)).toEqual([problem])
  })
})

it('refuses an engine that there is none of', () => {
  expect(problemsOf({ engine: 'kamailio' })).toEqual(['--engine: must be native or drachtio'])
})
