/** Datagrams that the kernel dropped because a socket's buffer was full, from /proc/net/udp (proc_pid_net(5)). */
import { readFileSync } from 'node:fs'

/**
 * The sum over the IPv4 sockets of a port, since they were opened. The column `drops` is the last one; the local address is
 * hexadecimal, `0100007F:13C4`. Throws a RangeError where no socket has the port.
 */
export function datagramDrops(port: number): number {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readFileSync('/proc/net/udp', 'latin1')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(end))
  if (rows.length === 0) throw new RangeError(`no UDP socket has port ${port}: has its process ended?`)
  return rows.reduce((sum, fields) => sum + Number(fields.at(-1)), 0)
}
