import { describe, expect, it } from '@jest/globals'
import { parseCacheAddress } from '../../../../ingress/cache-connection/cache-address.ts'

const SERVER = { kind: 'server', tls: false, user: undefined, service: undefined, database: 0 }

describe('the URL of the shared cache', () => {
  it('names one server, its user and its database', () => {
    expect(parseCacheAddress('redis://cache')).toEqual({ ...SERVER, hosts: [{ host: 'cache', port: 6379 }] })
    expect(parseCacheAddress('rediss://op%40a@[2001:db8::1]:6380/3')).toEqual({
      ...SERVER,
      tls: true,
      user: 'op@a',
      hosts: [{ host: '2001:db8::1', port: 6380 }],
      database: 3,
    })
  })

  it('names sentinels and the service that they watch', () => {
    expect(parseCacheAddress('redis+sentinel://s1,s2:26380/main/2')).toEqual({
      ...SERVER,
      kind: 'sentinel',
      hosts: [
        { host: 's1', port: 26_379 },
        { host: 's2', port: 26_380 },
      ],
      service: 'main',
      database: 2,
    })
  })

  it('names nodes of a cluster', () => {
    const hosts = [
      { host: 'n1', port: 6379 },
      { host: 'n2', port: 7000 },
    ]
    expect(parseCacheAddress('rediss+cluster://n1,n2:7000')).toEqual({ ...SERVER, kind: 'cluster', tls: true, hosts })
  })

  it.each([
    ['http://cache', 'another form'],
    ['redis://', 'another form'],
    ['redis://user:secret@cache', 'password'],
    ['redis://a,b', 'several hosts'],
    ['redis://cache:70000', 'port 70000'],
    ['redis://cache/x', 'a database that is no number'],
    ['redis+sentinel://s1', 'no service'],
    ['redis+cluster://n1/1', 'clusters do not have'],
    ['redis://a b', 'a host that is none'],
  ])('is refused as %s', (url, problem) => {
    expect(() => parseCacheAddress(url)).toThrow(expect.objectContaining({ code: 'cache-address' }))
    expect(() => parseCacheAddress(url)).toThrow(problem)
  })

  it('is never repeated with the password that it holds', () => {
    expect(() => parseCacheAddress('redis://user:secret@cache')).not.toThrow('secret')
  })
})
