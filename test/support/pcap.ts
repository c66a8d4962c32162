/**
 * Reads the output of `tcpdump -w -`: a pcap stream of Ethernet or Linux cooked frames with UDP or TCP over IPv4 or IPv6.
 * Enough for the loopback device: no fragments, no IPv6 extension headers, no VLAN tags.
 */
export interface CapturedPacket {
  /** Seconds since 1970, with microseconds. */
  readonly time: number
  readonly proto: 'udp' | 'tcp'
  readonly srcAddress: string
  readonly srcPort: number
  readonly dstAddress: string
  readonly dstPort: number
  readonly payload: Buffer
  /** FIN 1, SYN 2, RST 4, PSH 8, ACK 16 (RFC 9293 §3.1). */
  readonly tcpFlags?: number
}

const FILE_HEADER_BYTES = 24
const RECORD_HEADER_BYTES = 16
const MAGIC_MICROSECONDS = 0xa1b2c3d4

/** Bytes before the EtherType, by link type: Ethernet, Linux cooked v1. In the successor of v1, the type comes first. */
const TYPE_OFFSETS = new Map([
  [1, { type: 12, header: 14 }],
  [113, { type: 14, header: 16 }],
  [276, { type: 0, header: 20 }],
])
const ETHERTYPE_IPV4 = 0x0800
const ETHERTYPE_IPV6 = 0x86dd
const IPV6_HEADER_BYTES = 40
const UDP_HEADER_BYTES = 8
const PROTOCOL_TCP = 6
const PROTOCOL_UDP = 17

interface Frame {
  readonly type: number
  readonly header: number
}

/** A reader that takes pieces of the stream as they come and returns the packets that each piece completes. */
export function pcapReader(): (piece: Buffer) => CapturedPacket[] {
  let pending: Buffer = Buffer.alloc(0)
  let frame: Frame | undefined
  return (piece) => {
    pending = Buffer.concat([pending, piece])
    if (frame === undefined) {
      if (pending.length < FILE_HEADER_BYTES) {
        return []
      }
      frame = readFileHeader(pending)
      pending = pending.subarray(FILE_HEADER_BYTES)
    }
    const packets: CapturedPacket[] = []
    while (pending.length >= RECORD_HEADER_BYTES) {
      const end = RECORD_HEADER_BYTES + pending.readUInt32LE(8)
      if (pending.length < end) {
        break
      }
      if (pending.readUInt32LE(8) < pending.readUInt32LE(12)) {
        throw new Error('PCAP_CUT: a packet is longer than the snapshot; raise -s of tcpdump')
      }
      const time = pending.readUInt32LE(0) + pending.readUInt32LE(4) / 1e6
      const packet = readFrame(pending.subarray(RECORD_HEADER_BYTES, end), frame, time)
      if (packet !== undefined) {
        packets.push(packet)
      }
      pending = pending.subarray(end)
    }
    return packets
  }
}

function readFileHeader(bytes: Buffer): Frame {
  if (bytes.readUInt32LE(0) !== MAGIC_MICROSECONDS) {
    throw new Error('PCAP_MAGIC: not a little-endian pcap stream with microseconds; start tcpdump with -w -')
  }
  const linkType = bytes.readUInt32LE(20)
  const frame = TYPE_OFFSETS.get(linkType)
  if (frame === undefined) {
    throw new Error(`PCAP_LINK_TYPE: link type ${linkType} is not read here; capture on the loopback device`)
  }
  return frame
}

function readFrame(bytes: Buffer, frame: Frame, time: number): CapturedPacket | undefined {
  const ip = bytes.subarray(frame.header)
  switch (bytes.readUInt16BE(frame.type)) {
    case ETHERTYPE_IPV4: {
      const headerBytes = (ip.readUInt8(0) & 0x0f) * 4
      const addresses = { srcAddress: ipv4(ip, 12), dstAddress: ipv4(ip, 16), time }
      return readSegment(ip.readUInt8(9), ip.subarray(headerBytes, ip.readUInt16BE(2)), addresses)
    }
    case ETHERTYPE_IPV6: {
      const addresses = { srcAddress: ipv6(ip, 8), dstAddress: ipv6(ip, 24), time }
      const end = IPV6_HEADER_BYTES + ip.readUInt16BE(4)
      return readSegment(ip.readUInt8(6), ip.subarray(IPV6_HEADER_BYTES, end), addresses)
    }
    default:
      return undefined
  }
}

function readSegment(
  protocol: number,
  segment: Buffer,
  about: Pick<CapturedPacket, 'time' | 'srcAddress' | 'dstAddress'>,
): CapturedPacket | undefined {
  if (protocol !== PROTOCOL_UDP && protocol !== PROTOCOL_TCP) {
    return undefined
  }
  const ports = { srcPort: segment.readUInt16BE(0), dstPort: segment.readUInt16BE(2) }
  if (protocol === PROTOCOL_UDP) {
    return { ...about, ...ports, proto: 'udp', payload: Buffer.from(segment.subarray(UDP_HEADER_BYTES)) }
  }
  const headerBytes = (segment.readUInt8(12) >> 4) * 4
  const payload = Buffer.from(segment.subarray(headerBytes))
  return { ...about, ...ports, proto: 'tcp', tcpFlags: segment.readUInt8(13), payload }
}

function ipv4(bytes: Buffer, offset: number): string {
  return bytes.subarray(offset, offset + 4).join('.')
}

/** RFC 5952 §4: no leading zeros, the longest run of zeros shortened. The URL parser writes addresses like this. */
function ipv6(bytes: Buffer, offset: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(offset + index * 2).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
