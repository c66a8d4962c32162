/** The packets on the loopback device, seen by tcpdump: so "nothing was sent" is a fact and not an impression. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { type CapturedPacket, pcapReader } from './pcap.ts'
import { commandOf } from './real-part.ts'

/** Milliseconds that tcpdump may take to see a packet; after that the capture counts as broken. */
const SEEN_LIMIT_MS = 60_000

/** Milliseconds between two markers: the first ones are lost while tcpdump opens the device. */
const MARKER_INTERVAL_MS = 50

/** Bytes stored of a packet: more than most messages have. The reader refuses a truncated packet. */
const SNAPSHOT_BYTES = 16_384

/** Bytes of the largest packet of the loopback device, link header included. */
export const LARGEST_PACKET_BYTES = 65_600

/**
 * Packets that tcpdump may not have read yet: more than any test sends, each counted twice, because the loopback device shows it
 * when it leaves and when it comes. Each takes a slot of the snapshot's size in the kernel's buffer.
 */
const BUFFERED_PACKETS = 4_000

export interface PacketCapture {
  /** Resolves when packets are seen; rejects with the output of tcpdump if it cannot capture. */
  readonly ready: Promise<void>
  /** The packets captured so far, in the order of the wire. */
  readonly packets: readonly CapturedPacket[]
  /** Resolves when every packet that was on the wire before the call is in `packets`. */
  flush(): Promise<void>
  /** Ends tcpdump; rejects if the kernel dropped packets that it should have seen. Captured packets stay. */
  stop(): Promise<void>
}

/**
 * Captures UDP and TCP packets from or to any of `ports` on the loopback device, IPv4 and IPv6. `flush` covers packets already
 * sent, not those that a peer is about to send: first make the peer answer something else on the same path. `snapshotBytes`:
 * the length of the longest packet that may come.
 */
export function capturePackets(ports: readonly number[], snapshotBytes = SNAPSHOT_BYTES): PacketCapture {
  const packets: CapturedPacket[] = []
  const marker = createSocket('udp4')
  const seenMarkers = new Set<string>()
  const started = startTcpdump(ports, marker, snapshotBytes)
  const flush = async (): Promise<void> => {
    await started
    await sendUntilSeen(marker, seenMarkers)
  }
  const ended = started.then((tcpdump) => {
    readPackets(tcpdump, (packet) => {
      if (packet.dstPort === marker.address().port) {
        seenMarkers.add(packet.payload.toString())
      } else {
        packets.push(packet)
      }
    })
    return endOf(tcpdump)
  })
  const ready = Promise.race([flush(), ended])
  const stop = async (): Promise<void> => {
    const tcpdump = await started
    tcpdump.kill('SIGTERM')
    await ended.finally(() => marker.close())
  }
  return { ready, packets, flush, stop }
}

async function startTcpdump(ports: readonly number[], marker: Socket, snapshotBytes: number): Promise<ChildProcess> {
  const command = commandOf('tcpdump')
  if (command === undefined) {
    throw new Error("CAPTURE_TCPDUMP: tcpdump cannot open the loopback device; use describeWith(['tcpdump'], ...)")
  }
  marker.bind(0, '127.0.0.1')
  await once(marker, 'listening')
  const filter = [...ports, marker.address().port].map((port) => `port ${port}`).join(' or ')
  const [program, ...args] = command
  const bufferKib = Math.ceil((snapshotBytes * BUFFERED_PACKETS) / 1024)
  const sizes = ['-s', String(snapshotBytes), '-B', String(bufferKib)]
  const options = ['-i', 'lo', '-n', '-U', '--immediate-mode', ...sizes, '-w', '-']
  return spawn(program, [...args, ...options, `(udp or tcp) and (${filter})`], { stdio: ['ignore', 'pipe', 'pipe'] })
}

function readPackets(tcpdump: ChildProcess, onPacket: (packet: CapturedPacket) => void): void {
  const read = pcapReader()
  tcpdump.stdout?.on('data', (piece: Buffer) => {
    for (const packet of read(piece)) {
      onPacket(packet)
    }
  })
}

/** Settles when tcpdump has ended; rejects where it reports that it could not see everything. */
async function endOf(tcpdump: ChildProcess): Promise<void> {
  let said = ''
  tcpdump.stderr?.on('data', (text: Buffer) => {
    said += text.toString()
  })
  const [code] = await once(tcpdump, 'close')
  if (code !== 0) {
    throw new Error(`CAPTURE_TCPDUMP: tcpdump ended with exit code ${String(code)}: ${said}`)
  }
  if (!/^0 packets dropped by kernel/m.test(said)) {
    throw new Error(`CAPTURE_DROPPED: packets were lost before tcpdump read them: ${said}`)
  }
}

/** Datagrams on one device are captured in the order of the wire: when the marker is seen, all earlier packets are too. */
async function sendUntilSeen(marker: Socket, seenMarkers: ReadonlySet<string>): Promise<void> {
  const text = randomUUID()
  const deadline = Date.now() + SEEN_LIMIT_MS
  while (!seenMarkers.has(text)) {
    if (Date.now() > deadline) {
      throw new Error(`CAPTURE_BLIND: tcpdump did not see a marker in ${SEEN_LIMIT_MS} ms`)
    }
    marker.send(text, marker.address().port, '127.0.0.1')
    const { promise, resolve } = Promise.withResolvers<void>()
    setTimeout(resolve, MARKER_INTERVAL_MS)
    await promise
  }
}
