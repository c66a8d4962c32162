/**
 * `sip-dispatch explain`: reports what happens to a call and why, from a set of manifests. The command needs no cluster,
 * and makes no call.
 */
import process from 'node:process'
import { type Command, Option } from 'commander'
import type { NamedPlace } from '../../ingress/route-table/route-table.ts'
import { printableText } from '../../ingress/text/printable-text.ts'
import { systemClock } from '../../ingress/time/dated-clock.ts'
import { RESOLVER_SETTING } from '../settings/settings.ts'
import { udpOrTcp } from '../settings/transport-advice.ts'
import type { ExplainFlags } from './explain-config.ts'

/** Adds the command to the program. The exit code is 0 whatever happens to the call. Wrong input is a `ConfigError`. */
export function addExplainCommand(program: Command): void {
  const source = 'where the packet comes from, which is all that says who calls: IP or IP:PORT (required)'
  program
    .command('explain')
    .description('say what becomes of a call and why: trunk, rules, backends and the response on the wire')
    .addOption(repeatable('--rules <path>', 'folder of manifests, or a file; repeatable (required)'))
    .option('--to <number or uri>', 'who is called: Request-URI and To (required)')
    .option('--from <number or uri>', 'who calls: the From header (required)')
    .option('--source <address>', source)
    .addOption(
      new Option('--transport <name>', 'how the packet comes')
        .choices(['udp', 'tcp'])
        .default('udp')
        .argParser(udpOrTcp),
    )
    .addOption(repeatable('--header <header>', "one more header of the request, 'Name: value'; repeatable"))
    .option('--backends <file>', 'page /backends of a pod, saved: says which backends that pod passes over, and why')
    .option(
      '--at <time>',
      'when the call comes: 2026-12-24T18:00, with an offset or [zone] after it if need be (default: now)',
    )
    .addOption(repeatable(`${RESOLVER_SETTING.flag} <${RESOLVER_SETTING.argument}>`, RESOLVER_SETTING.description))
    .option('--no-look-up', 'do not ask any nameserver for the names of backends')
    .addOption(new Option('--output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .action(explain)
}

function repeatable(flags: string, description: string): Option {
  const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value]
  return new Option(flags, description).argParser(collect)
}

async function explain(flags: ExplainFlags & { readonly lookUp: boolean }): Promise<void> {
  // The import is here, so that the other commands do not wait for the compiler.
  const { readExplainConfig } = await import('./explain-config.ts')
  const config = readExplainConfig(flags)
  const { explainReport } = await import('./explain-report.ts')
  const { readExplainManifests } = await import('../manifests.ts')
  const { explainText } = await import('./explain-text.ts')
  const { passedOverBackends, readBackendReports } = await import('./explain-health.ts')
  const { explainedTime, timeZonesOf } = await import('./explain-time.ts')
  const { lookUpNames } = await import('../name-look-up.ts')
  const reports = flags.backends === undefined ? undefined : readBackendReports(flags.backends)
  const manifests = await readExplainManifests(config.rules)
  const time = explainedTime(config.at, timeZonesOf(manifests.rules), systemClock.wallClock())
  const lookUp = flags.lookUp ? (places: readonly NamedPlace[]) => lookUpNames(places, config.resolver) : undefined
  const explained = await explainReport(manifests, config.call, time, lookUp)
  const report = reports ? { ...explained, passedOver: passedOverBackends(explained.backends, reports) } : explained
  const text = flags.output === 'json' ? `${JSON.stringify(report, null, 2)}\n` : explainText(report)
  process.stdout.write(printableText(text))
}
