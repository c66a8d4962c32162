/**
 * `sip-dispatch standalone`: everything in one process, until a signal ends it.
 */
import type { Command } from 'commander'
import { addSettings } from './settings/setting-option.ts'
import { STANDALONE_SETTINGS } from './settings/settings.ts'
import { readStandaloneConfig } from './settings/standalone-config.ts'
import { serveUntilStopped } from './stop-signal.ts'

type StandaloneFlags = Parameters<typeof readStandaloneConfig>[1]

/** Adds the command to the program. Its action rejects with the reason if the process cannot start. */
export function addStandaloneCommand(program: Command, version: string): void {
  const command = program
    .command('standalone')
    .description('serve SIP from a folder of manifests: no cluster, no cache, one process')
    .action(async (flags: StandaloneFlags) => standalone(version, flags))
  addSettings(command, STANDALONE_SETTINGS)
}

async function standalone(version: string, flags: StandaloneFlags): Promise<void> {
  const config = readStandaloneConfig(version, flags)
  const start = async () => {
    // Loaded here, so that commands without a SIP engine do not wait for it.
    const { runStandalone } = await import('../standalone/run-standalone.ts')
    return runStandalone(config)
  }
  await serveUntilStopped(start, (running, hurry) => running.leave(hurry))
}
