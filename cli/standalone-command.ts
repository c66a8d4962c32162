/**
 * `sip-dispatch standalone`: everything in one process, until a signal ends it.
 */
import process from 'node:process'
import { type Command, Option } from 'commander'
import { type Flags, readStandaloneConfig } from './config.ts'
import { type Setting, STANDALONE_SETTINGS } from './settings.ts'

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** Adds the command to the program. Its action rejects with whatever keeps it from starting. */
export function addStandaloneCommand(program: Command, version: string): void {
  const command = program
    .command('standalone')
    .description('serve SIP from a folder of manifests: no cluster, no cache, one process')
    .action(async (flags: Flags) => standalone(version, flags))
  for (const setting of Object.values(STANDALONE_SETTINGS)) command.addOption(optionOf(setting))
}

async function standalone(version: string, flags: Flags): Promise<void> {
  const config = readStandaloneConfig(version, flags)
  const stopped = nextStopSignal()
  // Loaded here, so that a command which needs no SIP engine does not wait for one.
  const { runStandalone } = await import('../standalone/run-standalone.ts')
  const running = await runStandalone(config)
  await stopped
  await running.close()
}

/** Resolves at the first signal; the next one ends the process at once, as a signal does by default. */
function nextStopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      for (const signal of STOP_SIGNALS) process.off(signal, stop)
      resolve()
    }
    for (const signal of STOP_SIGNALS) process.on(signal, stop)
  })
}

function optionOf(setting: Setting): Option {
  const { flag, argument, environment, repeatable, fallback = [], description } = setting
  const notes = [
    ...(repeatable ? ['repeatable'] : []),
    ...(fallback.length > 0 ? [`default: ${fallback.join(', ')}`] : []),
    `env: ${environment}${repeatable ? ', separated by commas' : ''}`,
  ]
  const option = new Option(`${flag} <${argument}>`, `${description} (${notes.join('; ')})`)
  return repeatable ? option.argParser(collect) : option
}

function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value]
}
