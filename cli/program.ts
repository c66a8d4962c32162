/**
 * The command line: reads which command is meant, and turns what a command throws into a message and an exit code.
 */
import process from 'node:process'
import { Command, CommanderError } from 'commander'
import { printableText } from '../ingress/text/printable-text.ts'
import { redactedText } from '../ingress/text/redacted-text.ts'
import manifest from '../package.json' with { type: 'json' }
import { EXIT_CODE } from './exit-code.ts'
import { addExplainCommand } from './explain/explain-command.ts'
import { addLintCommand } from './lint/lint-command.ts'
import { addProbeCommand } from './probe/probe-command.ts'
import { addIngressCommand, addOperatorCommand, addStandaloneCommand } from './serving-commands.ts'
import { ConfigError } from './settings/config.ts'

const EXIT_CODE_HELP = `
Exit codes:
  ${EXIT_CODE.ok}  done, or stopped by SIGTERM or SIGINT
  ${EXIT_CODE.failed}  failed while running; lint: found problems; probe: found no ingress
  ${EXIT_CODE.usage}  wrong usage or configuration`

function createProgram(): Command {
  const program = new Command('sip-dispatch')
    .description('A SIP ingress that decides every call from declared rules before the first byte is sent.')
    .version(manifest.version)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(shown(text)) })
    .addHelpText('afterAll', EXIT_CODE_HELP)
  addOperatorCommand(program, manifest.version)
  addIngressCommand(program, manifest.version)
  addStandaloneCommand(program, manifest.version)
  addLintCommand(program)
  addExplainCommand(program)
  addProbeCommand(program)
  return program
}

/** `… --help | head`: who reads no further has what it wanted. Processes that serve write their log another way. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})
// Nobody reads what is wrong: the exit code still says that something is.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

/** Does what the command line says. Never rejects: what goes wrong is told, and is in the exit code. */
export async function main(): Promise<void> {
  try {
    await createProgram().parseAsync()
  } catch (error) {
    process.exitCode = report(error)
  }
}

/** Says what went wrong and answers the exit code. */
function report(error: unknown): number {
  // commander has already written its message; its own exit code tells --help and --version from the rest.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODE.ok : EXIT_CODE.usage
  if (error instanceof ConfigError) {
    for (const problem of error.problems) process.stderr.write(`error: ${shown(problem)}\n`)
    return EXIT_CODE.usage
  }
  for (const line of messageOf(error).split('\n')) process.stderr.write(`error: ${shown(line)}\n`)
  return isUnusableFolder(error) ? EXIT_CODE.usage : EXIT_CODE.failed
}

/** A folder of manifests that was given and holds none, or cannot be read: by its code, as not every command has a reader. */
function isUnusableFolder(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['no_manifests', 'unreadable_folder'].includes(String(error.code))
}

/** What is wrong may repeat what was given: a URL with a password, or text that moves the cursor. */
function shown(text: string): string {
  return printableText(redactedText(text))
}

/** With its code where it has one; without one it is a defect, and the stack helps to find it. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? `${error.message} (${String(error.code)})` : (error.stack ?? error.message)
}
