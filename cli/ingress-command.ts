/**
 * `sip-dispatch ingress`: SIP from the shared rules cache, until a signal ends it.
 */
import type { Command } from 'commander'
import { readIngressConfig } from './settings/ingress-config.ts'
import { addSettings } from './settings/setting-option.ts'
import { INGRESS_SETTINGS } from './settings/settings.ts'
import { serveUntilStopped } from './stop-signal.ts'

type IngressFlags = Parameters<typeof readIngressConfig>[1]

/** Adds the command to the program. Its action rejects with the reason if the process cannot start. */
export function addIngressCommand(program: Command, version: string): void {
  const command = program
    .command('ingress')
    .description('serve SIP from the shared rules cache that an operator fills')
    .action(async (flags: IngressFlags) => ingress(version, flags))
  addSettings(command, INGRESS_SETTINGS)
}

async function ingress(version: string, flags: IngressFlags): Promise<void> {
  const config = readIngressConfig(version, flags)
  const start = async () => {
    // Loaded here, so that commands without a SIP engine do not wait for it.
    const { runIngress } = await import('../ingress/serve/run-ingress.ts')
    return runIngress(config)
  }
  await serveUntilStopped(start, (running, hurry) => running.leave(hurry))
}
