/** `sip-dispatch probe`: checks whether an ingress answers, for `helm test` and for people who look for a fault. */
import process from 'node:process'
import type { Command } from 'commander'
import { printableLine } from '../../ingress/text/printable-text.ts'
import { EXIT_CODE } from '../exit-code.ts'
import type { Flags } from '../settings/config.ts'
import { addSettings } from '../settings/setting-option.ts'
import { PROBE_SETTINGS } from '../settings/settings.ts'

/** Adds the command to the program. */
export function addProbeCommand(program: Command): void {
  const command = program.command('probe').description('ask an ingress with OPTIONS whether it serves SIP')
  addSettings(command, PROBE_SETTINGS)
  command.action(probe)
}

async function probe(flags: Flags<typeof PROBE_SETTINGS>): Promise<void> {
  // The import is here, so that the other commands do not wait for the code of `probe`.
  const { readProbeConfig } = await import('./probe-config.ts')
  const { askOptions } = await import('./options-request.ts')
  const { probeVerdict, readiness } = await import('./probe-verdict.ts')
  const { sip, ready, timeoutMs } = readProbeConfig(flags)
  const answer = await askOptions(sip, timeoutMs)
  const readyAnswer = ready && (await readiness(ready, timeoutMs))
  const { ok, text } = probeVerdict(sip, answer, readyAnswer)
  process.stdout.write(`${printableLine(text)}\n`)
  if (!ok) process.exitCode = EXIT_CODE.failed
}
