import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ConfigError, type Environment, type Flags } from '../../../../cli/settings/config.ts'
import { STANDALONE_SETTINGS } from '../../../../cli/settings/settings.ts'
import { readStandaloneConfig } from '../../../../cli/settings/standalone-config.ts'
import { strongKey } from '../../../support/strong-key.ts'

type StandaloneFlags = Flags<typeof STANDALONE_SETTINGS>

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-config-'))
  writeFileSync(join(folder, 'current.key'), strongKey('current'))
  writeFileSync(join(folder, 'previous.key'), strongKey('previous', 16))
  writeFileSync(join(folder, 'zero.key'), Buffer.alloc(32))
  writeFileSync(join(folder, 'blank.key'), ' \n'.repeat(20))
  symlinkSync('/dev/zero', join(folder, 'endless.key'))
  execFileSync('mkfifo', [join(folder, 'pipe.key')])
  writeFileSync(join(folder, 'short.key'), 'too short')
})

afterAll(() => rmSync(folder, { recursive: true }))

function read(flags: StandaloneFlags = {}, environment: Environment = {}) {
  return readStandaloneConfig('1.2.3', { rules: folder, ...flags }, environment)
}

function problemsOf(flags: StandaloneFlags, environment: Environment = {}): readonly string[] {
  try {
    readStandaloneConfig('1.2.3', flags, environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('the configuration', () => {
  it('needs only a folder of rules', () => {
    const config = read()
    expect(config).toMatchObject({
      version: '1.2.3',
      rules: folder,
      listen: [
        { transport: 'UDP', address: { text: '127.0.0.1' }, port: 5060 },
        { transport: 'TCP', address: { text: '127.0.0.1' }, port: 5060 },
      ],
      ownAddress: [],
      http: { host: '127.0.0.1', port: 9090 },
      logLevel: 'info',
      logCallsPerSecond: 200,
      ruleSeries: 200,
      cookieKeys: [],
      settleMs: 0,
      settleOptions: 'unavailable',
      drainDeadlineMs: 5000,
    })
    expect([config.advertise, config.advertiseInternal]).toEqual([undefined, undefined])
  })

  it('is frozen in every part', () => {
    const config = read({ advertise: 'sip.example.com' })
    for (const part of [config, config.listen, config.listen[0], config.listen[0]?.address.words, config.advertise]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })

  it('reads the environment where no flag is given, repeatable variables separated by commas', () => {
    const environment = {
      SIP_DISPATCH_LISTEN: 'udp://127.0.0.1:0, tcp://[::1]:0',
      SIP_DISPATCH_LOG_LEVEL: 'warn',
      SIP_DISPATCH_RULE_SERIES: '5',
    }
    const config = read({ ruleSeries: '7' }, environment)
    expect(config.listen.map(({ transport }) => transport)).toEqual(['UDP', 'TCP'])
    expect([config.logLevel, config.ruleSeries]).toEqual(['warn', 7])
  })

  it('leaves out the empty parts of a list, which are what a template knew nothing for', () => {
    const { ownAddress } = read({}, { SIP_DISPATCH_OWN_ADDRESS: ',10.0.0.7, ,2001:db8::/64,' })
    expect(ownAddress.map(({ length }) => length)).toEqual([128, 64])
    expect(read({}, { SIP_DISPATCH_OWN_ADDRESS: ',' }).ownAddress).toEqual([])
  })

  it('names an address of its own that is none', () => {
    expect(problemsOf({ rules: folder, ownAddress: ['10.0.0.0/33'] })).toEqual([
      '--own-address: "10.0.0.0/33" is not an IP address or a network, 10.0.0.7 or 10.0.0.0/24 for instance',
    ])
  })

  it('asks the nameservers of the machine, unless it is told others, and lets no name point to this machine', () => {
    expect(read()).toMatchObject({ resolver: [], allowResolved: [] })
    const { resolver } = read({}, { SIP_DISPATCH_RESOLVER: '10.96.0.10,[fd00::53]:5353' })
    expect(resolver.map(({ address, port }) => `${address.text} ${port}`)).toEqual(['10.96.0.10 53', 'fd00::53 5353'])
    expect(read({ allowResolved: ['127.0.0.0/8', '::1'] }).allowResolved.map(({ length }) => length)).toEqual([
      104, 128,
    ])
  })

  it.each([
    [['dns.example:53'], '"dns.example:53" is not HOST:PORT with an IP address as HOST'],
    [['10.0.0.1:0'], '"10.0.0.1:0" is not HOST:PORT with an IP address as HOST'],
    [['0.0.0.0'], '"0.0.0.0" is not HOST:PORT with an IP address as HOST'],
    [['fd00::53'], '"fd00::53" is not HOST:PORT with an IP address as HOST'],
    [['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'], 'names more than 3 nameservers'],
  ])('names nameservers %j that cannot be asked', (resolver, problem) => {
    expect(problemsOf({ rules: folder, resolver })).toEqual([expect.stringContaining(`--resolver: ${problem}`)])
  })

  it('names a network for resolved addresses that is none', () => {
    expect(problemsOf({ rules: folder, allowResolved: ['loopback'] })).toEqual([
      '--allow-resolved: "loopback" is not an IP address or a network, 127.0.0.0/8 for instance',
    ])
  })

  it('takes an empty variable as not given', () => {
    expect(read({}, { SIP_DISPATCH_HTTP: '', SIP_DISPATCH_LISTEN: '' }).http.port).toBe(9090)
  })

  it('reads keys in the order in which they are given', () => {
    const cookieKeyFile = [join(folder, 'current.key'), join(folder, 'previous.key')]
    expect(read({ cookieKeyFile }).cookieKeys).toEqual([strongKey('current'), strongKey('previous', 16)])
  })

  it('names every setting in the environment as its flag', () => {
    for (const { flag, environment } of Object.values(STANDALONE_SETTINGS)) {
      expect(environment).toBe(`SIP_DISPATCH_${flag.slice(2).toUpperCase().replaceAll('-', '_')}`)
    }
  })
})

describe('a configuration that cannot be used', () => {
  it('tells every problem at once, each with its flag or variable', () => {
    const flags = { listen: ['udp://nowhere'], advertise: 'a b', logCallsPerSecond: '-1' }
    const problems = problemsOf(flags, { SIP_DISPATCH_HTTP: '9090', SIP_DISPATCH_LOG_LEVEL: 'loud' })
    expect(problems).toEqual([
      '--rules: must be given',
      '--listen: "udp://nowhere" is not udp://HOST:PORT or tcp://HOST:PORT with an IP address as HOST, IPv6 in brackets',
      '--advertise: "a b" is not HOST or HOST:PORT, IPv6 in brackets',
      'SIP_DISPATCH_HTTP: "9090" is not HOST:PORT, IPv6 in brackets',
      'SIP_DISPATCH_LOG_LEVEL: must be debug, info, warn, error or silent',
      '--log-calls-per-second: "-1" is not a whole number from 0 to 10000',
    ])
  })

  it.each(['1e3', '', ' 5', '10001', '0x10'])('refuses %j as a number', (ruleSeries) => {
    expect(problemsOf({ rules: folder, ruleSeries })).toHaveLength(1)
  })

  it('names a folder that is not there, and a file in its place', () => {
    const file = join(folder, 'short.key')
    expect(problemsOf({ rules: file })).toEqual([`--rules: "${file}" is not a folder that can be read`])
    expect(problemsOf({ rules: join(folder, 'none') })).toHaveLength(1)
  })

  it.each([
    ['short.key', 'it has only 9 bytes'],
    ['none.key', 'ENOENT'],
    ['', 'is a folder'],
    ['zero.key', 'it consists of one byte only'],
    ['blank.key', 'it holds nothing but blanks'],
    ['endless.key', 'is a device'],
    ['pipe.key', 'is a named pipe'],
  ])('refuses the key file %j: %s', (name, why) => {
    const path = join(folder, name)
    const [problem = '', ...others] = problemsOf({ rules: folder, cookieKeyFile: [path] })
    expect(problem).toContain(`--cookie-key-file: "${path}" is not a file of 16 bytes or more that can be read: `)
    expect(problem).toContain(why)
    expect(others).toEqual([])
  })

  it('names an address that is listened on twice, though port 0 may be', () => {
    const twice = { rules: folder, listen: ['udp://127.0.0.1:5060', 'udp://127.0.0.1:5060'] }
    expect(problemsOf(twice)).toEqual(['--listen: names the same address twice'])
    expect(problemsOf({ rules: folder, listen: ['udp://127.0.0.1:0', 'udp://127.0.0.1:0'] })).toEqual([])
  })
})
