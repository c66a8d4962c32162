/** RFC 3263 §4 over a zone in memory. The questions that are asked are part of what is expected. */
import { describe, expect, it } from '@jest/globals'
import type { Ask, DnsAnswer, RecordOf } from '../../../../ingress/resolve/dns-client.ts'
import type { QuestionType } from '../../../../ingress/resolve/dns-message.ts'
import { locateServers } from '../../../../ingress/resolve/locate-servers.ts'
import type { NamedPlace } from '../../../../ingress/route-table/route-table.ts'

type Zone = Readonly<Record<string, readonly string[] | 'servfail' | 'refused' | 'timeout'>>

const HOST = 'example.net'
const TTL = 60

/** Keys of a zone are `name TYPE`; a name without any key does not exist. */
function askOf(zone: Zone, asked: string[]): Ask {
  const answer = <T extends QuestionType>(name: string, type: T): DnsAnswer<T> => {
    asked.push(`${name} ${type}`)
    const found = zone[`${name} ${type}`]
    if (typeof found === 'string') return { type: 'failed', fault: found, detail: `${found} for ${name}` }
    if (found) {
      const records = found.map((text) => ({ name, ttl: TTL, ...fieldsOf(type, text.split(' ')) })) as unknown
      return { type: 'records', records: records as RecordOf<T>[], ttlSeconds: TTL, leftOut: 0 }
    }
    const fault = Object.keys(zone).some((key) => key.split(' ')[0] === name || key.includes(`.${name} `))
      ? 'empty'
      : 'nxdomain'
    return { type: 'denied', fault, detail: `${name}: ${fault}` }
  }
  return (name, type) => Promise.resolve(answer(name, type))
}

function fieldsOf(type: QuestionType, [a = '', b = '', c = '', d = '', e = '']: readonly string[]): object {
  switch (type) {
    case 'A':
    case 'AAAA':
      return { type, address: a }
    case 'SRV':
      return { type, priority: Number(a), weight: Number(b), port: Number(c), target: d }
    case 'NAPTR':
      return { type, order: Number(a), preference: Number(b), flags: c, services: d, replacement: e }
  }
}

const RULE = { own: [], allowed: [] }

async function located(zone: Zone, place: Partial<NamedPlace> = {}, candidates = [HOST]) {
  const asked: string[] = []
  const location = await locateServers({ host: HOST, ...place }, { ask: askOf(zone, asked), rule: RULE, candidates })
  if (location.type !== 'found') return { asked, servers: `${location.type} ${location.fault}`, location }
  const servers = location.servers.map(({ target, priority, weight, port, transport = 'any', addresses }) => {
    return `${priority} ${weight} ${target}:${port} ${transport} ${addresses.map(({ text }) => text).join(',')}`
  })
  return { asked, servers, location }
}

const A = { [`${HOST} A`]: ['192.0.2.1', '192.0.2.2'], [`${HOST} AAAA`]: ['2001:db8::1'] }
const ADDRESSES = '192.0.2.1,192.0.2.2,2001:db8::1'
const SRV = {
  [`_sip._udp.${HOST} SRV`]: ['20 1 5062 b.example', '10 3 5060 a.example'],
  'a.example A': ['192.0.2.10'],
  'b.example AAAA': ['2001:db8::b'],
}
const SRV_SERVERS = ['10 3 a.example:5060 any 192.0.2.10', '20 1 b.example:5062 any 2001:db8::b']
const TCP_SRV = { [`_sip._tcp.${HOST} SRV`]: ['0 0 5064 c.example'], 'c.example A': ['192.0.2.12'] }
const TCP_SERVERS = ['0 0 c.example:5064 TCP 192.0.2.12']

describe('the servers of a name (RFC 3263 §4)', () => {
  it('a port in the URI means addresses only, even where SRV records are', async () => {
    const { servers, asked } = await located({ ...A, ...SRV }, { port: 5070 })
    expect(servers).toEqual([`0 0 ${HOST}:5070 any ${ADDRESSES}`])
    expect(asked).toEqual([`${HOST} A`, `${HOST} AAAA`])
  })

  it('a port and a transport: addresses only, over that transport', async () => {
    const { servers } = await located({ ...A, ...SRV }, { port: 5070, transport: 'TCP' })
    expect(servers).toEqual([`0 0 ${HOST}:5070 TCP ${ADDRESSES}`])
  })

  it('a transport without a port: SRV of that transport, and no NAPTR', async () => {
    const { servers, asked } = await located({ ...A, ...SRV, ...TCP_SRV }, { transport: 'TCP' })
    expect(servers).toEqual(TCP_SERVERS)
    expect(asked).toEqual([`_sip._tcp.${HOST} SRV`, 'c.example A', 'c.example AAAA'])
  })

  it('a transport without SRV records: the addresses of the name and port 5060', async () => {
    expect((await located({ ...A, ...SRV }, { transport: 'TCP' })).servers).toEqual([
      `0 0 ${HOST}:5060 TCP ${ADDRESSES}`,
    ])
  })

  it('N-01: neither port nor transport: NAPTR, SRV, addresses', async () => {
    const zone = { ...A, ...TCP_SRV, [`${HOST} NAPTR`]: [`1 1 s SIP+D2T _sip._tcp.${HOST}`] }
    const { servers, asked } = await located(zone)
    expect(servers).toEqual(TCP_SERVERS)
    expect(asked.slice(0, 2)).toEqual([`${HOST} NAPTR`, `_sip._tcp.${HOST} SRV`])
  })

  it.each<[string, readonly string[], readonly string[]]>([
    ['by order', [`2 1 s SIP+D2U _sip._udp.${HOST}`, `1 9 s SIP+D2T _sip._tcp.${HOST}`], TCP_SERVERS],
    ['then by preference', [`1 2 S sip+d2u _sip._udp.${HOST}`, `1 1 s SIP+D2T _sip._tcp.${HOST}`], TCP_SERVERS],
    ['by those that we speak', [`1 1 s SIPS+D2T _sips._tcp.${HOST}`, `2 1 s SIP+D2U _sip._udp.${HOST}`], SRV_SERVERS],
    ['by those that lead to SRV', [`1 1 u SIP+D2T !^.*$!sip:x@y!`, `2 1 s SIP+D2U _sip._udp.${HOST}`], SRV_SERVERS],
    [
      'to the next where there is no SRV',
      [`1 1 s SIP+D2T nowhere.${HOST}`, `2 1 s SIP+D2U _sip._udp.${HOST}`],
      SRV_SERVERS,
    ],
  ])('NAPTR records are chosen %s', async (_, naptr, expected) => {
    expect((await located({ ...A, ...SRV, ...TCP_SRV, [`${HOST} NAPTR`]: naptr })).servers).toEqual(expected)
  })

  it.each<[string, Zone[string] | undefined]>([
    ['there is no NAPTR record', undefined],
    ['none of them is for us', [`1 1 s SIPS+D2T _sips._tcp.${HOST}`]],
    ['they lead nowhere', [`1 1 s SIP+D2T nowhere.${HOST}`]],
    ['the nameserver does not know the type', 'refused'],
  ])('SRV records are asked for if %s: UDP before TCP', async (_, naptr) => {
    const zone = { ...A, ...SRV, ...TCP_SRV, ...(naptr && { [`${HOST} NAPTR`]: naptr }) }
    expect((await located(zone)).servers).toEqual(SRV_SERVERS)
    expect((await located({ ...A, ...TCP_SRV, ...(naptr && { [`${HOST} NAPTR`]: naptr }) })).servers).toEqual(
      TCP_SERVERS,
    )
  })

  it('without any record for SIP: the addresses of the name and port 5060', async () => {
    const { servers, asked } = await located(A)
    expect(servers).toEqual([`0 0 ${HOST}:5060 any ${ADDRESSES}`])
    expect(asked).toHaveLength(5)
  })

  it('a target of "." says that the service is not there: the addresses are not called (RFC 2782)', async () => {
    expect((await located({ ...A, [`_sip._udp.${HOST} SRV`]: ['0 0 0 '] })).servers).toBe('failed not_available')
  })

  it('a name of which nothing is known is denied', async () => {
    expect((await located({})).servers).toBe('denied nxdomain')
    expect((await located({ [`x.${HOST} A`]: ['192.0.2.1'] })).servers).toBe('denied empty')
  })

  it.each<[string, Zone]>([
    ['NAPTR', { ...A, ...SRV, [`${HOST} NAPTR`]: 'servfail' }],
    ['SRV', { ...A, [`_sip._udp.${HOST} SRV`]: 'servfail' }],
    ['both families', { [`${HOST} A`]: 'servfail', [`${HOST} AAAA`]: 'servfail' }],
    ['one family, and the other is empty', { [`${HOST} A`]: 'servfail' }],
    ['the addresses of every SRV target', { ...SRV, 'a.example A': 'servfail', 'b.example AAAA': 'servfail' }],
  ])('where the question for %s fails, nothing less specific is called instead', async (_, zone) => {
    expect((await located(zone)).servers).toBe('failed servfail')
  })

  it('what fails beside what is found makes the answer short-lived', async () => {
    const { servers, location } = await located({ ...SRV, 'b.example AAAA': 'timeout' })
    expect(servers).toEqual([SRV_SERVERS[0]])
    expect(location).toMatchObject({ ttlSeconds: 0 })
    expect((await located(SRV)).location).toMatchObject({ ttlSeconds: TTL })
  })
})

describe('search domains', () => {
  const candidates = ['example.net.svc.cluster.local', HOST]

  it('are tried in their order, and cost one question where the name does not exist there', async () => {
    const { servers, asked } = await located(A, {}, candidates)
    expect(servers).toEqual([`0 0 ${HOST}:5060 any ${ADDRESSES}`])
    expect(asked.slice(0, 2)).toEqual([`${candidates[0]} NAPTR`, `${HOST} NAPTR`])
  })

  it('end the search where a server fails: the next name may be another host', async () => {
    const zone = { ...A, [`${candidates[0]} NAPTR`]: 'servfail' as const }
    expect((await located(zone, {}, candidates)).servers).toBe('failed servfail')
  })
})

describe('what a zone cannot do to us', () => {
  it('addresses that a name must not have are left out and told', async () => {
    const { servers, location } = await located(
      { [`${HOST} A`]: ['127.0.0.1', '192.0.2.1', '0.0.0.0', 'nonsense'] },
      { port: 1 },
    )
    expect(servers).toEqual([`0 0 ${HOST}:1 any 192.0.2.1`])
    expect(location).toMatchObject({
      refused: [
        { address: '127.0.0.1', fault: 'loopback' },
        { address: '0.0.0.0', fault: 'unusable' },
        { address: 'nonsense', fault: 'unusable' },
      ],
    })
  })

  it('only such addresses are a fault that names them', async () => {
    const { servers, location } = await located({ [`${HOST} A`]: ['127.0.0.1'] }, { port: 1 })
    expect(servers).toBe('failed bad_address')
    expect(location).toMatchObject({
      detail: `${HOST} has only addresses that a name must not have: 127.0.0.1 (loopback)`,
    })
  })

  it('of 200 addresses 32 are used, and the rest is told', async () => {
    const many = Array.from({ length: 200 }, (_, i) => `10.0.0.${i + 1}`)
    const { location } = await located({ [`${HOST} A`]: many }, { port: 5060 })
    expect(location).toMatchObject({ leftOut: 168, servers: [{ addresses: { length: 32 } }] })
  })

  it('of 200 SRV records the 32 with the lowest priority numbers are used, with 32 addresses in all', async () => {
    const zone: Record<string, string[]> = {
      [`_sip._udp.${HOST} SRV`]: Array.from({ length: 200 }, (_, i) => `${200 - i} 0 5060 t${i}.example`),
    }
    for (let i = 0; i < 200; i++) zone[`t${i}.example A`] = [`10.0.1.${i}`, `10.0.2.${i}`]
    const { location } = await located(zone)
    if (location.type !== 'found') throw new TypeError(location.detail)
    expect(location.servers.map(({ priority }) => priority)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1))
    expect(location.servers.flatMap(({ addresses }) => addresses)).toHaveLength(32)
    expect(location.leftOut).toBe(168 + 32)
  })

  it.each(['0 0 0 a.example', `0 0 5060 ${'x'.repeat(64)}`, '0 0 5060 a\nb', '0 0 5060 a..b'])(
    'the SRV record %j is passed over',
    async (bad) => {
      const zone = { ...SRV, [`_sip._udp.${HOST} SRV`]: [bad, '10 3 5060 a.example'] }
      expect((await located(zone)).servers).toEqual([SRV_SERVERS[0]])
    },
  )

  it('an address that is there twice is used once', async () => {
    expect((await located({ [`${HOST} A`]: ['192.0.2.1', '192.0.2.1'] }, { port: 1 })).servers).toEqual([
      `0 0 ${HOST}:1 any 192.0.2.1`,
    ])
  })
})
