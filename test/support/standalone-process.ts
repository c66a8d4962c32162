/** A real ingress: `sip-dispatch standalone` as a process of its own, on free ports and a temporary folder of manifests. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { manifestText } from './manifest-text.ts'
import { type ServingProcess, startServingProcess } from './serving-process.ts'

export interface StandaloneOptions {
  /** Objects of the first table, in `manifests.json`. */
  readonly manifests: readonly object[]
  /** Undefined: UDP and TCP on 127.0.0.1. */
  readonly listen?: readonly string[]
  /** More flags. */
  readonly flags?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** The line of the log to wait for; `serving` by default, which never comes where something keeps calls away. */
  readonly until?: 'listening' | 'serving'
}

export interface StandaloneProcess extends ServingProcess {
  /** The folder of the manifests; `stop` removes it. */
  readonly folder: string
  /** Writes a manifest file, and resolves when a table made from it is in use. */
  apply(file: string, content: readonly object[] | string): Promise<void>
  /** Writes a file of the folder without changes. */
  write(file: string, text: string): void
}

/** Starts the process; resolves when it reports that it serves, or that it listens. */
export async function startStandalone(options: StandaloneOptions): Promise<StandaloneProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-'))
  const write = (file: string, text: string): void => writeFileSync(join(folder, file), text)
  write('manifests.json', manifestText(options.manifests))
  const args = ['standalone', '--rules', folder, ...(options.flags ?? [])]
  const serving = await startServingProcess(args, options.listen, options.environment)
  const { log, said } = serving
  await said(({ msg }) => msg === (options.until ?? 'serving'))
  return {
    ...serving,
    folder,
    write,
    apply: async (file, content) => {
      const before = log.length
      write(file, typeof content === 'string' ? content : manifestText(content))
      await said((line) => line.msg === 'route table changed' && log.indexOf(line) >= before)
    },
    stop: async (signal) => {
      const how = await serving.stop(signal)
      rmSync(folder, { recursive: true, force: true })
      return how
    },
  }
}
