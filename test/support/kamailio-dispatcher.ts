/**
 * A proxy in front of the ingress: Kamailio's dispatcher. It probes every target with OPTIONS once a second from one port,
 * skips a target that has failed three probes in a row, and tries no other target after a 503.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './loopback-port.ts'
import { requestText } from './sip-text.ts'
import { openDatagramPeer } from './wire-socket.ts'

export interface KamailioDispatcher {
  /** The port of 127.0.0.1 to which callers send. */
  readonly port: number
  stop(): Promise<void>
}

const running = new Set<ChildProcess>()

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** How a target is chosen: the algorithm of `ds_select_dst`. */
export const BY_CALL_ID = '0'
export const IN_TURN = '4'

/** `targets`: ports of 127.0.0.1. Resolves when the proxy answers. */
export async function startKamailioDispatcher(
  targets: readonly number[],
  algorithm: typeof BY_CALL_ID | typeof IN_TURN = IN_TURN,
): Promise<KamailioDispatcher> {
  const folder = mkdtempSync(join(tmpdir(), 'kamailio-'))
  const port = await freePort('127.0.0.1')
  const list = join(folder, 'dispatcher.list')
  writeFileSync(list, targets.map((target) => `1 sip:127.0.0.1:${target} 0\n`).join(''))
  const file = join(folder, 'kamailio.cfg')
  writeFileSync(file, configuration(port, list, algorithm))
  const child = spawn('kamailio', ['-f', file, '-DD', '-E', '-m', '64', '-M', '8'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  running.add(child)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(child, 'exit')
  const early = ended.then(([code]) => {
    throw new Error(`KAMAILIO_ENDED: it ended with exit code ${String(code)} before it answered\n${said}`)
  })
  await Promise.race([answers(port), early])
  return {
    port,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
      running.delete(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Asks repeatedly: a datagram to a socket that is not bound yet is lost. */
async function answers(port: number): Promise<void> {
  const peer = await openDatagramPeer('127.0.0.1')
  let asked = 0
  const ask = (): void => {
    const id = `up-${++asked}`
    const via = `SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bK-${id}`
    void peer.send(requestText({ method: 'OPTIONS', uri: `sip:127.0.0.1:${port}`, via, callId: id }), port)
  }
  const asking = setInterval(ask, 100)
  try {
    await peer.answer((text) => text.startsWith('SIP/2.0 200'))
  } finally {
    clearInterval(asking)
    peer.close()
  }
}

function configuration(port: number, list: string, algorithm: string): string {
  return `#!KAMAILIO
debug=-1
log_stderror=yes
fork=yes
children=2
disable_tcp=yes
listen=udp:127.0.0.1:${port}
auto_aliases=no
dns=no
rev_dns=no
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "dispatcher.so"
modparam("dispatcher", "list_file", "${list}")
modparam("dispatcher", "ds_ping_interval", 1)
modparam("dispatcher", "ds_probing_mode", 1)
modparam("dispatcher", "ds_probing_threshold", 3)

request_route {
  if (is_method("OPTIONS")) {
    sl_send_reply("200", "OK");
    exit;
  }
  if (is_method("ACK")) {
    t_check_trans();
    exit;
  }
  if (!ds_select_dst("1", "${algorithm}")) {
    sl_send_reply("480", "No Target Left");
    exit;
  }
  t_relay();
}
`
}
