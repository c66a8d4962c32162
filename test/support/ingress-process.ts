/** A real ingress pod: `sip-dispatch ingress` as a process of its own, on free ports, with a temporary folder of keys. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServingProcess, startServingProcess } from './serving-process.ts'

export interface IngressOptions {
  /** URL of the cache. */
  readonly cache: string
  readonly prefix: string
  /** File of the last good table; undefined: there is no file. */
  readonly snapshot?: string
  /** Name under which the pod reports; undefined: `pod-1`. */
  readonly pod?: string
  /** More flags. */
  readonly flags?: readonly string[]
}

export interface IngressProcess extends ServingProcess {
  /** Makes a new current key, and the former current key the previous one; resolves when the process uses both. */
  rotateKey(): Promise<void>
}

const KEY_BYTES = 32

/** Starts the pod; resolves when it reports where it listens, with or without a table. `stop` removes the keys. */
export async function startIngress(options: IngressOptions): Promise<IngressProcess> {
  const keys = mkdtempSync(join(tmpdir(), 'sip-dispatch-keys-'))
  let current = randomBytes(KEY_BYTES)
  writeFileSync(join(keys, 'cookie.current'), current)
  const { cache, prefix, snapshot, pod = 'pod-1', flags = [] } = options
  const file = snapshot === undefined ? [] : ['--snapshot', snapshot]
  const args = ['ingress', '--cache', cache, '--cache-prefix', prefix, '--keys', keys, '--pod', pod, ...file]
  const serving = await startServingProcess([...args, ...flags])
  return {
    ...serving,
    rotateKey: async () => {
      writeFileSync(join(keys, 'cookie.previous'), current)
      current = randomBytes(KEY_BYTES)
      writeFileSync(join(keys, 'cookie.current'), current)
      await serving.said(({ msg, keys: count }) => msg === 'cookie keys changed' && count === 2)
    },
    stop: async (signal) => {
      const how = await serving.stop(signal)
      rmSync(keys, { recursive: true, force: true })
      return how
    },
  }
}
