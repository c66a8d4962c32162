/**
 * `sip-dispatch operator`: watches the Kubernetes API and fills the shared rules cache, until a signal ends it.
 */
import type { Command } from 'commander'
import { readOperatorConfig } from './settings/operator-config.ts'
import { OPERATOR_SETTINGS } from './settings/operator-settings.ts'
import { addSettings } from './settings/setting-option.ts'
import { serveUntilStopped } from './stop-signal.ts'

type OperatorFlags = Parameters<typeof readOperatorConfig>[1]

/** Adds the command to the program. Its action rejects with the reason if the process cannot start. */
export function addOperatorCommand(program: Command, version: string): void {
  const command = program
    .command('operator')
    .description('watch SipTrunks and DispatchRules in a cluster and fill the shared rules cache')
    .action(async (flags: OperatorFlags) => operator(version, flags))
  addSettings(command, OPERATOR_SETTINGS)
}

async function operator(version: string, flags: OperatorFlags): Promise<void> {
  const config = readOperatorConfig(version, flags)
  const start = async () => {
    // Loaded here, so that the other commands do not wait for the Kubernetes client.
    const { runOperator } = await import('../operator/run-operator.ts')
    return runOperator(config)
  }
  await serveUntilStopped(start, (running) => running.close())
}
