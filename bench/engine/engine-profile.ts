/** A CPU profile of a function in this process. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Microseconds between samples. */
const SAMPLE_MICROSECONDS = 200

export interface EngineProfile {
  /** In a new temporary folder. */
  readonly file: string
  /** When the function began and ended, in microseconds of the monotonic clock, which the samples have too. */
  readonly from: number
  readonly to: number
}

/** Writes the profile of one run of the function. */
export async function profiled(name: string, run: () => void): Promise<EngineProfile> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_MICROSECONDS })
  await session.post('Profiler.start')
  const from = monotonicMicroseconds()
  run()
  const to = monotonicMicroseconds()
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  const file = join(mkdtempSync(join(tmpdir(), 'sip-dispatch-engine-')), `${name}.cpuprofile`)
  writeFileSync(file, JSON.stringify(profile))
  return { file, from, to }
}

export function monotonicMicroseconds(): number {
  return Number(process.hrtime.bigint() / 1000n)
}
