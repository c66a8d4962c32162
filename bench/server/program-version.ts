import { spawnSync } from 'node:child_process'

/** The version that a program prints, or undefined where it is not installed. */
export function programVersion(program: string, flag: string): string | undefined {
  const { error, stdout } = spawnSync(program, [flag], { encoding: 'utf8' })
  return error ? undefined : (/\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? 'unknown')
}
