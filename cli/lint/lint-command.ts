/** `sip-dispatch lint`: checks manifests without a cluster. The operator uses the same reader and the same compiler. */
import process from 'node:process'
import { type Command, Option } from 'commander'
import { printableLine, printableText } from '../../ingress/text/printable-text.ts'
import type { Manifests } from '../../operator/watch/manifest-folder.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { RESOLVER_SETTING } from '../settings/settings.ts'
import type { LintFinding } from './finding.ts'

interface LintFlags {
  readonly format: 'text' | 'json'
  readonly lookUp: boolean
  readonly resolver: readonly string[]
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
    .option('--look-up', 'ask nameservers for the names of backends, and warn of those that do not resolve', false)
    .addOption(
      new Option(
        `${RESOLVER_SETTING.flag} <${RESOLVER_SETTING.argument}>`,
        `with --look-up: ${RESOLVER_SETTING.description}`,
      )
        .argParser((value, before: readonly string[]) => [...before, value])
        .default([], 'none'),
    )
    .action(lint)
}

async function lint(paths: readonly string[], { format, lookUp, resolver }: LintFlags): Promise<void> {
  // The import is here, so that the other commands do not wait for the compiler.
  const { findingText, lintFindings, lintNotes } = await import('./lint-findings.ts')
  const { isMissing, readManifests } = await import('../manifests.ts')
  const manifests = await readManifests(paths)
  const findings = [...lintFindings(manifests), ...(lookUp ? await nameFindings(manifests, resolver) : [])]
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

async function nameFindings({ rules }: Manifests, resolver: readonly string[]): Promise<readonly LintFinding[]> {
  const { unresolvedNameFindings } = await import('./unresolved-names.ts')
  const { readNameservers } = await import('../settings/nameservers.ts')
  return unresolvedNameFindings(rules, readNameservers(resolver))
}
