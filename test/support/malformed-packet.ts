/** Packets of many kinds that are not usable requests: as scanners, broken clients and attackers send them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { requestText } from './sip-text.ts'

const TORTURE = join(import.meta.dirname, '..', 'wire', 'fixtures', 'rfc4475')

/** Bytes of the largest datagram that IPv4 carries. */
const LARGEST_DATAGRAM_BYTES = 65_507

export interface NamedPacket {
  readonly name: string
  readonly bytes: Buffer
}

/** Packets, each with the name of its fault. */
export function malformedPackets(): NamedPacket[] {
  const invite = requestText()
  const without = (name: string): string => invite.replace(new RegExp(`^${name}: .*\r\n`, 'm'), '')
  const texts: Readonly<Record<string, string>> = {
    'a zero byte': '\0',
    'an HTTP request': 'GET / HTTP/1.1\r\nHost: example.com\r\n\r\n',
    'a TLS ClientHello': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'a start line alone': 'INVITE sip:+15551234567@127.0.0.1 SIP/2.0\r\n\r\n',
    'no Via': without('Via'),
    'no From': without('From'),
    'no To': without('To'),
    'no Call-ID': without('Call-ID'),
    'no CSeq': without('CSeq'),
    'no Max-Forwards': without('Max-Forwards'),
    'a Via that is none': invite.replace(/^Via: .*$/m, 'Via: nonsense'),
    'a CSeq of another method': invite.replace(/^CSeq: .*$/m, 'CSeq: 1 BYE'),
    'a CSeq beyond 2^32': invite.replace(/^CSeq: .*$/m, 'CSeq: 99999999999 INVITE'),
    'two Call-IDs': invite.replace('Call-ID:', 'Call-ID: other\r\nCall-ID:'),
    'a Max-Forwards that is none': invite.replace('Max-Forwards: 70', 'Max-Forwards: many'),
    'a Max-Forwards of 0': invite.replace('Max-Forwards: 70', 'Max-Forwards: 0'),
    'a version of the future': invite.replace('SIP/2.0\r\n', 'SIP/7.0\r\n'),
    'a URI of an unknown scheme': invite.replace('sip:+1', 'fax:+1'),
    'a URI in brackets': invite.replace(/INVITE (\S+)/, 'INVITE <$1>'),
    'spaces in the start line': invite.replace('INVITE ', 'INVITE   '),
    'no end of the headers': invite.slice(0, -4),
    'bare line feeds': invite.replaceAll('\r\n', '\n'),
    'a Content-Length that is negative': invite.replace('Content-Length: 0', 'Content-Length: -1'),
    'a Content-Length beyond the packet': invite.replace('Content-Length: 0', 'Content-Length: 4000000000'),
    'a Require and a Proxy-Require': invite.replace('CSeq:', 'Require: x\r\nProxy-Require: y\r\nCSeq:'),
    'bytes that are no UTF-8': invite.replace('tag=caller', 'tag=\xff\xfe\x80'),
    'zero bytes in a header': invite.replace('tag=caller', 'tag=\0\0'),
    'a header of 60,000 bytes': invite.replace('CSeq:', `X-Long: ${'a'.repeat(60_000)}\r\nCSeq:`),
    '10,000 headers': invite.replace('CSeq:', `${'X:1\r\n'.repeat(10_000)}CSeq:`),
    '500 Vias': invite.replace(
      'Via:',
      `Via: ${'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx,'.repeat(500)}SIP/2.0/UDP 127.0.0.9\r\nVia:`,
    ),
    'a body up to the largest datagram': longest(invite),
    'the largest datagram of noise': 'noise'.repeat(LARGEST_DATAGRAM_BYTES / 5).slice(0, LARGEST_DATAGRAM_BYTES),
  }
  return [
    { name: 'an empty packet', bytes: Buffer.alloc(0) },
    ...Object.entries(texts).map(([name, text]) => ({ name, bytes: Buffer.from(text, 'latin1') })),
    ...cutPackets(Buffer.from(invite, 'latin1')),
    ...tortureMessages(),
  ]
}

function longest(invite: string): string {
  const head = invite.replace('Content-Length: 0', 'Content-Length: 64000')
  return head + 'v'.repeat(LARGEST_DATAGRAM_BYTES - head.length)
}

/** A request truncated at every 25th byte. */
function cutPackets(bytes: Buffer): NamedPacket[] {
  const lengths = Array.from({ length: Math.floor(bytes.length / 25) }, (_, index) => index * 25 + 1)
  return lengths.map((length) => ({ name: `${length} bytes of a request`, bytes: bytes.subarray(0, length) }))
}

/** RFC 4475: the torture messages, valid and invalid ones. */
function tortureMessages(): NamedPacket[] {
  const files = readdirSync(TORTURE).filter((file) => file.endsWith('.dat'))
  return files.map((file) => ({ name: file, bytes: readFileSync(join(TORTURE, file)) }))
}
