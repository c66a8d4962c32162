/** The command line: finds the command, and turns an error of the command into a message and an exit code. */
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

/**
 * Ends the process without an error if stdout is a closed pipe, as in `… --help | head`. The reader of the pipe has read
 * enough. Processes that serve write their log in another way.
 */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})
// A closed stderr is ignored. The exit code still reports the failure.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

/** Runs the command that the command line names. Never rejects: an error is written to stderr and sets the exit code. */
export async function main(): Promise<void> {
  try {
    await createProgram().parseAsync()
  } catch (error) {
    process.exitCode = report(error)
  }
}

/** Writes an error to stderr and returns the exit code. */
function report(error: unknown): number {
  // commander has already written its message. Its exit code is 0 only for --help and --version.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODE.ok : EXIT_CODE.usage
  if (error instanceof ConfigError) {
    for (const problem of error.problems) process.stderr.write(`error: ${shown(problem)}\n`)
    return EXIT_CODE.usage
  }
  for (const line of messageOf(error).split('\n')) process.stderr.write(`error: ${shown(line)}\n`)
  return isUnusableFolder(error) ? EXIT_CODE.usage : EXIT_CODE.failed
}

/**
 * Whether an error is about a folder that cannot be read or has no manifest. The code is checked and not the class, because
 * not every command loads the class.
 */
function isUnusableFolder(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['no_manifests', 'unreadable_folder'].includes(String(error.code))
}

/**
 * Makes an error message safe to show. The message may repeat user input, such as a URL with a password or characters that
 * move the cursor.
 */
function shown(text: string): string {
  return printableText(redactedText(text))
}

/**
 * The text of an error, with its code. An error without a code is a defect. Its stack is shown, which helps to find the
 * defect.
 */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? `${error.message} (${String(error.code)})` : (error.stack ?? error.message)
}
