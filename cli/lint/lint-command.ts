/** `sip-dispatch lint`: checks manifests without a cluster. The operator uses the same reader and the same compiler. */
import process from 'node:process'
import { type Command, Option } from 'commander'
import { printableLine, printableText } from '../../ingress/text/printable-text.ts'
import { EXIT_CODE } from '../exit-code.ts'

interface LintFlags {
  readonly format: 'text' | 'json'
}

/** Adds the command to the program. */
export function addLintCommand(program: Command): void {
  program
    .command('lint')
    .description(
      'check manifests: fields, conflicts, rules that can never be reached, networks and rules that take too much',
    )
    .argument('<path...>', 'files, or folders of *.yaml, *.yml and *.json files')
    .addOption(new Option('--format <format>', 'how to print findings').choices(['text', 'json']).default('text'))
    .action(lint)
}

async function lint(paths: readonly string[], { format }: LintFlags): Promise<void> {
  // The import is here, so that the other commands do not wait for the compiler.
  const { findingText, lintFindings, lintNotes } = await import('./lint-findings.ts')
  const { isMissing, readManifests } = await import('../manifests.ts')
  const manifests = await readManifests(paths)
  const findings = lintFindings(manifests)
  const notes = lintNotes(manifests)
  const counts = { trunks: manifests.trunks.length, rules: manifests.rules.length }
  if (format === 'json')
    process.stdout.write(`${printableText(JSON.stringify({ ...counts, findings, notes }, null, 2))}\n`)
  else {
    for (const finding of [...findings, ...notes]) process.stdout.write(`${printableLine(findingText(finding))}\n`)
    process.stdout.write(`trunks: ${counts.trunks}, rules: ${counts.rules}, findings: ${findings.length}\n`)
  }
  if (findings.some(({ severity }) => severity === 'error')) process.exitCode = EXIT_CODE.failed
  // A path that does not exist is wrong usage. It is not a finding.
  if (paths.some(isMissing)) process.exitCode = EXIT_CODE.usage
}
