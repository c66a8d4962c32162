import { describe, expect, it } from '@jest/globals'
import { candidateNames, parseResolvConf } from '../../../../ingress/resolve/resolv-conf.ts'

const POD = `search telephony.svc.cluster.local svc.cluster.local cluster.local
nameserver 10.96.0.10
options ndots:5
`

describe('/etc/resolv.conf', () => {
  it('of a pod is read', () => {
    const { servers, ...rest } = parseResolvConf(POD)
    expect(servers.map(({ address, port }) => `${address.text} ${port}`)).toEqual(['10.96.0.10 53'])
    expect(rest).toEqual({
      search: ['telephony.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
      ndots: 5,
      timeoutMs: 2000,
      attempts: 2,
    })
  })

  it.each<[string, Partial<ReturnType<typeof parseResolvConf>>]>([
    ['', { search: [], ndots: 1, timeoutMs: 2000, attempts: 2 }],
    ['domain Example.NET.\n', { search: ['example.net'] }],
    ['search a.example\nsearch b.example', { search: ['b.example'] }],
    ['search . ..', { search: [] }],
    ['options timeout:5 attempts:3\noptions ndots:2 rotate', { timeoutMs: 5000, attempts: 3, ndots: 2 }],
    ['options timeout:0 attempts:0', { timeoutMs: 2000, attempts: 1 }],
    ['options timeout:999999 attempts:999999 ndots:999999', { timeoutMs: 10_000, attempts: 5, ndots: 15 }],
    ['options timeout:-1 attempts:x ndots:', { timeoutMs: 2000, attempts: 2, ndots: 1 }],
  ])('%j gives %j', (text, expected) => {
    expect(parseResolvConf(text)).toMatchObject(expected)
  })

  it.each([
    ['', ['127.0.0.1']],
    ['nameserver nobody\nnameserver 10.0.0.256', ['127.0.0.1']],
    ['nameserver 2001:db8::53 # the first\n;nameserver 10.0.0.1\nnameserver 10.0.0.2', ['2001:db8::53', '10.0.0.2']],
    ['nameserver fe80::1%eth0', ['fe80::1']],
    ['1 2 3 4 5'.replaceAll(/\d ?/g, 'nameserver 10.0.0.$&\n'), ['10.0.0.1', '10.0.0.2', '10.0.0.3']],
  ])('%j names the servers %j', (text, servers) => {
    expect(parseResolvConf(text).servers.map(({ address }) => address.text)).toEqual(servers)
  })
})

describe('the names that are looked up for a host', () => {
  const search = ['a.example', 'b.example']
  it.each<[string, number, string[]]>([
    ['pbx', 1, ['pbx.a.example', 'pbx.b.example', 'pbx']],
    ['pbx.example.net', 1, ['pbx.example.net', 'pbx.example.net.a.example', 'pbx.example.net.b.example']],
    ['pbx.example.net', 5, ['pbx.example.net.a.example', 'pbx.example.net.b.example', 'pbx.example.net']],
    ['pbx.example.net.', 5, ['pbx.example.net']],
    ['pbx.', 1, ['pbx']],
  ])('%s with ndots %s: %j', (host, ndots, names) => {
    expect(candidateNames(host, { search, ndots })).toEqual(names)
  })

  it('are none that is longer than a name can be', () => {
    const host = `${'a'.repeat(63)}.`.repeat(4).slice(0, 250)
    expect(candidateNames(host, { search, ndots: 5 })).toEqual([host])
  })
})
