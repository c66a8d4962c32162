/**
 * Reads the configuration of a command. If a flag is given, its value is used. Otherwise the environment variable is used
 * if it is set, and the default if it is not. The configuration is parsed once and frozen. All problems are reported
 * together.
 */
import process from 'node:process'
import type { z } from 'zod'
import type { Setting, Settings } from './settings.ts'

/** Flags from the command line. A flag that was not given is absent. */
export type Flags<S extends Settings = Settings> = Readonly<Partial<Record<keyof S, string | readonly string[]>>>

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The error for a configuration that cannot be used. Each line of the message reports one problem and names its flag or
 * variable.
 */
export class ConfigError extends Error {
  readonly code = 'config-invalid'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** The flags and the environment variables for the settings of one command. */
export interface Given<S extends Settings> {
  readonly settings: S
  readonly flags: Flags
  /** Undefined means the environment of the process. */
  readonly environment: Environment | undefined
}

interface RawValue {
  /** The source of the values: the flag, such as `--listen`, or the variable. */
  readonly origin: string
  readonly values: readonly string[]
}

/**
 * Reads a configuration. The schema gets a list of texts for each setting, and returns a value for each setting. Throws a
 * `ConfigError` with every problem.
 */
export function readConfig<S extends Settings, T extends Record<keyof S, unknown>>(
  schema: z.ZodType<T>,
  { settings, flags, environment = process.env }: Given<S>,
): T {
  const given: ReadonlyMap<string, string | readonly string[] | undefined> = new Map(Object.entries(flags))
  const raw = new Map(
    Object.entries(settings).map(([name, setting]) => [name, rawValue(setting, given.get(name), environment)]),
  )
  const parsed = schema.safeParse(Object.fromEntries([...raw].map(([name, { values }]) => [name, values])))
  if (parsed.success) return parsed.data
  throw new ConfigError(parsed.error.issues.map((issue) => problemText(raw, issue.path[0], issue.message)))
}

function rawValue(setting: Setting, flag: string | readonly string[] | undefined, environment: Environment): RawValue {
  if (flag !== undefined) return { origin: setting.flag, values: typeof flag === 'string' ? [flag] : flag }
  // Templates may produce empty variables, so an empty variable counts as absent.
  const variable = environment[setting.environment] ?? ''
  if (variable === '') return { origin: setting.flag, values: setting.fallback ?? [] }
  const values = setting.repeatable ? partsOf(variable) : [variable]
  return { origin: setting.environment, values }
}

/**
 * The parts of a variable. Empty parts are left out: a template may write an empty part, for example for an address that a
 * node does not have.
 */
function partsOf(variable: string): string[] {
  return variable.split(',').flatMap((part) => part.trim() || [])
}

function problemText(raw: ReadonlyMap<string, RawValue>, name: PropertyKey | undefined, message: string): string {
  return `${raw.get(String(name))?.origin ?? String(name)}: ${message}`
}

/** Freezes a value and everything inside it, except the bytes of keys, which JavaScript cannot freeze. */
export function frozen<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null && !Buffer.isBuffer(part)) frozen(part)
  }
  return Object.freeze(value)
}
