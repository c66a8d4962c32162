import { describe, expect, it } from '@jest/globals'
import { pcapReader } from '../../../support/pcap.ts'

const ETHERNET = 1
const COOKED = 113

const FILE_HEADER = 'd4c3b2a1 0200 0400 00000000 00000000 00000400'
const RECORD = (bytes: number) => Buffer.from([5, 0, 0, 0, 32, 161, 7, 0, bytes, 0, 0, 0, bytes, 0, 0, 0])

/** Version 4, 20 bytes of header, 30 in all, UDP, 127.0.0.1 to 127.0.0.2; 5060 to 5090, `hi`. */
const IPV4_UDP = hex('45 00 001e 0000 0000 40 11 0000 7f000001 7f000002  13c4 13e2 000a 0000 6869')

describe('pcapReader', () => {
  it.each([
    ['Ethernet', ETHERNET, hex('000000000000 000000000000 0800')],
    ['Linux cooked', COOKED, hex('0000 0304 0006 0000000000000000 0800')],
  ])('reads a datagram in a frame of %s', (_name, linkType, frame) => {
    expect(pcapReader()(stream(linkType, [Buffer.concat([frame, IPV4_UDP])]))).toEqual([
      {
        time: 5.5,
        proto: 'udp',
        srcAddress: '127.0.0.1',
        srcPort: 5060,
        dstAddress: '127.0.0.2',
        dstPort: 5090,
        payload: Buffer.from('hi'),
      },
    ])
  })

  it('reads the same packets wherever the stream is cut', () => {
    const frame = Buffer.concat([hex('000000000000 000000000000 0800'), IPV4_UDP])
    const whole = stream(ETHERNET, [frame, frame])
    const expected = pcapReader()(whole)
    expect(expected).toHaveLength(2)
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const read = pcapReader()
      expect([...read(whole.subarray(0, cut)), ...read(whole.subarray(cut))]).toEqual(expected)
    }
  })

  it('leaves out the padding behind a datagram and frames that are not IP', () => {
    const padded = Buffer.concat([hex('000000000000 000000000000 0800'), IPV4_UDP, Buffer.alloc(12)])
    const arp = Buffer.concat([hex('000000000000 000000000000 0806'), Buffer.alloc(28)])
    const packets = pcapReader()(stream(ETHERNET, [arp, padded]))
    expect(packets.map(({ payload }) => payload.toString())).toEqual(['hi'])
  })

  it('refuses a packet that was cut to the snapshot', () => {
    const cut = stream(ETHERNET, [IPV4_UDP])
    cut.writeUInt32LE(IPV4_UDP.length + 1, 36)
    expect(() => pcapReader()(cut)).toThrow('PCAP_CUT')
  })

  it('refuses what is not a pcap stream, and link types that it cannot read', () => {
    expect(() => pcapReader()(Buffer.alloc(24))).toThrow('PCAP_MAGIC')
    expect(() => pcapReader()(stream(101, []))).toThrow('PCAP_LINK_TYPE')
  })
})

function stream(linkType: number, frames: readonly Buffer[]): Buffer {
  const records = frames.flatMap((frame) => [RECORD(frame.length), frame])
  return Buffer.concat([hex(FILE_HEADER), Buffer.from([linkType, 0, 0, 0]), ...records])
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}
