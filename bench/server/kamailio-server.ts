/**
 * Kamailio with the same work as sip-dispatch: an allow-list, a lookup among as many numbers, a stateful 503 with a Warning for
 * an unknown number, and a record-routed call for a known one.
 */
import { openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SERVER_CORE } from '../limits.ts'
import { FIRST_NUMBER, NUMBER_STEP } from '../numbering.ts'
import { startPinned, stopProcess } from './pinned-process.ts'
import { freePort, type RunningServer, waitUntilServing } from './running-server.ts'
import type { ServerOptions } from './sip-dispatch-server.ts'

/** The memory allocator: the build's default, which checks memory at run time, or the fast one. */
export type Allocator = 'default' | 'tlsf'

/** MiB of shared and of private memory: always more than enough. */
const MEMORY = ['-m', '8192', '-M', '512']

/** Starts Kamailio with one process that takes SIP, as sip-dispatch has one. */
export async function startKamailio(options: ServerOptions, allocator: Allocator): Promise<RunningServer> {
  const port = await freePort()
  const name = `kamailio, ${allocator} allocator`
  const [configFile, addressFile, logFile] = ['cfg', 'addresses', 'log'].map((end) =>
    join(options.folder, `kamailio-${allocator}.${end}`),
  ) as [string, string, string]
  // permissions: group, address, prefix length, port (0: any).
  writeFileSync(addressFile, '1 127.0.0.1 32 0\n1 203.0.113.0 24 0\n1 198.51.100.0 25 0\n')
  writeFileSync(configFile, configuration(options, port, addressFile))
  const log = openSync(logFile, 'w')
  const chosen = allocator === 'tlsf' ? ['-x', 'tlsf', '-X', 'tlsf'] : []
  const child = startPinned({
    core: SERVER_CORE,
    command: 'kamailio',
    args: ['-f', configFile, '-DD', '-E', ...MEMORY, ...chosen],
    stdio: ['ignore', log, log],
  })
  await waitUntilServing(child, port, logFile)
  return { name, port, pid: child.pid ?? 0, stop: () => stopProcess(child) }
}

function configuration({ rules, backendPort }: ServerOptions, port: number, addressFile: string): string {
  return `#!KAMAILIO
debug=0
log_stderror=yes
fork=yes
children=1
disable_tcp=yes
listen=udp:127.0.0.1:${port}
auto_aliases=no
dns=no
rev_dns=no
server_signature=no
max_while_loops=${rules + 1}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "htable.so"
loadmodule "permissions.so"
modparam("permissions", "address_file", "${addressFile}")
modparam("htable", "htable", "rules=>size=17;")

event_route[htable:mod-init] {
  $var(i) = 0;
  while ($var(i) < ${rules}) {
    $var(number) = ${FIRST_NUMBER} + $var(i) * ${NUMBER_STEP};
    $sht(rules=>+1$var(number)) = $var(i) + 1;
    $var(i) = $var(i) + 1;
  }
}

request_route {
  if (!allow_source_address("1")) {
    exit;
  }
  if (!mf_process_maxfwd_header("70")) {
    sl_send_reply("483", "Too Many Hops");
    exit;
  }
  if (is_method("OPTIONS")) {
    sl_send_reply("200", "OK");
    exit;
  }
  if (has_totag()) {
    route(DIALOG);
    exit;
  }
  if (!is_method("INVITE")) {
    sl_send_reply("405", "Method Not Allowed");
    exit;
  }
  if ($sht(rules=>$rU) == $null) {
    t_newtran();
    append_to_reply("Warning: 399 127.0.0.1:${port} \\"no_rule $mi\\"\\r\\n");
    t_reply("503", "Service Unavailable");
    exit;
  }
  record_route();
  $rd = "127.0.0.1";
  $rp = "${backendPort}";
  t_relay();
}

route[DIALOG] {
  if (loose_route()) {
    t_relay();
    exit;
  }
  if (is_method("ACK")) {
    t_check_trans();
    exit;
  }
  sl_send_reply("481", "Call/Transaction Does Not Exist");
}
`
}
