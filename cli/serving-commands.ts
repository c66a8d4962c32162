/** `sip-dispatch operator`, `ingress` and `standalone`: processes that serve until a signal ends them. */
import type { Command } from 'commander'
import { readIngressConfig } from './settings/ingress-config.ts'
import { readOperatorConfig } from './settings/operator-config.ts'
import { OPERATOR_SETTINGS } from './settings/operator-settings.ts'
import { addSettings } from './settings/setting-option.ts'
import { INGRESS_SETTINGS, type Settings, STANDALONE_SETTINGS } from './settings/settings.ts'
import { readStandaloneConfig } from './settings/standalone-config.ts'
import { serveUntilStopped } from './stop-signal.ts'

/** Adds `operator` to the program. The action of the command rejects with the reason if the process cannot start. */
export function addOperatorCommand(program: Command, version: string): void {
  addServingCommand(program, {
    name: 'operator',
    description: 'watch SipTrunks and DispatchRules in a cluster and fill the shared rules cache',
    settings: OPERATOR_SETTINGS,
    read: (flags: Parameters<typeof readOperatorConfig>[1]) => readOperatorConfig(version, flags),
    start: async (config) => {
      // The import is here, so that the other commands do not wait for the Kubernetes client.
      const { runOperator } = await import('../operator/run-operator.ts')
      return runOperator(config)
    },
    leave: (running) => running.close(),
  })
}

/** Adds `ingress` to the program. The action of the command rejects with the reason if the process cannot start. */
export function addIngressCommand(program: Command, version: string): void {
  addServingCommand(program, {
    name: 'ingress',
    description: 'serve SIP from the shared rules cache that an operator fills',
    settings: INGRESS_SETTINGS,
    read: (flags: Parameters<typeof readIngressConfig>[1]) => readIngressConfig(version, flags),
    start: async (config) => {
      // The import is here, so that the commands without a SIP engine do not wait for the engine.
      const { runIngress } = await import('../ingress/serve/run-ingress.ts')
      return runIngress(config)
    },
    leave: (running, hurry) => running.leave(hurry),
  })
}

/** Adds `standalone` to the program. The action of the command rejects with the reason if the process cannot start. */
export function addStandaloneCommand(program: Command, version: string): void {
  addServingCommand(program, {
    name: 'standalone',
    description: 'serve SIP from a folder of manifests: no cluster, no cache, one process',
    settings: STANDALONE_SETTINGS,
    read: (flags: Parameters<typeof readStandaloneConfig>[1]) => readStandaloneConfig(version, flags),
    start: async (config) => {
      const { runStandalone } = await import('../standalone/run-standalone.ts')
      return runStandalone(config)
    },
    leave: (running, hurry) => running.leave(hurry),
  })
}

interface ServingCommand<Flags, Config, Running> {
  readonly name: string
  readonly description: string
  readonly settings: Settings
  /** Reads the configuration. Throws a `ConfigError` with every problem. */
  readonly read: (flags: Flags) => Config
  /** Starts the process. Rejects with the reason if it cannot start. */
  readonly start: (config: Config) => Promise<Running>
  readonly leave: (running: Running, hurry: AbortSignal) => Promise<void>
}

function addServingCommand<Flags, Config, Running>(
  program: Command,
  { name, description, settings, read, start, leave }: ServingCommand<Flags, Config, Running>,
): void {
  const command = program
    .command(name)
    .description(description)
    .action(async (flags: Flags) => {
      const config = read(flags)
      await serveUntilStopped(() => start(config), leave)
    })
  addSettings(command, settings)
}
