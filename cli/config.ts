/**
 * The configuration of `standalone`: flags first, then the environment, then what holds otherwise. Parsed once, frozen,
 * and everything that is wrong is told at once.
 */
import { readFileSync, statSync } from 'node:fs'
import process from 'node:process'
import { z } from 'zod'
import type { ListenAddress, StandaloneConfig } from '../standalone/standalone-config.ts'
import { parseAdvertisedAddress, parseHttpAddress, parseListenAddress } from './address-text.ts'
import { MAX_LOG_CALLS_PER_SECOND, MAX_RULE_SERIES, MIN_COOKIE_KEY_BYTES } from './limits.ts'
import { type Setting, type SettingName, STANDALONE_SETTINGS } from './settings.ts'

/** Flags as the command line gave them; those that were not given are absent. */
export type Flags = Readonly<Partial<Record<SettingName, string | readonly string[]>>>

export type Environment = Readonly<Record<string, string | undefined>>

/** A configuration that cannot be used: one problem per line of the message, each naming its flag or variable. */
export class ConfigError extends Error {
  readonly code = 'config-invalid'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

interface RawValue {
  /** `--listen`, or the variable that said it. */
  readonly origin: string
  readonly values: readonly string[]
}

/** Throws a `ConfigError` with every problem. */
export function readStandaloneConfig(
  version: string,
  flags: Flags,
  environment: Environment = process.env,
): StandaloneConfig {
  const raw = rawValues(flags, environment)
  const parsed = STANDALONE.safeParse(Object.fromEntries([...raw].map(([name, { values }]) => [name, values])))
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => problemText(raw, issue.path[0], issue.message)))
  }
  const { cookieKeyFile: cookieKeys, ...settings } = parsed.data
  return frozen({ version, ...settings, cookieKeys })
}

function rawValues(flags: Flags, environment: Environment): ReadonlyMap<string, RawValue> {
  const settings: readonly (readonly [string, Setting])[] = Object.entries(STANDALONE_SETTINGS)
  const given: ReadonlyMap<string, string | readonly string[]> = new Map(Object.entries(flags))
  return new Map(settings.map(([name, setting]) => [name, rawValue(setting, given.get(name), environment)]))
}

function rawValue(setting: Setting, flag: string | readonly string[] | undefined, environment: Environment): RawValue {
  if (flag !== undefined) return { origin: setting.flag, values: typeof flag === 'string' ? [flag] : flag }
  // An empty variable is what a template leaves behind: it says nothing.
  const variable = environment[setting.environment] ?? ''
  if (variable === '') return { origin: setting.flag, values: setting.fallback ?? [] }
  const values = setting.repeatable ? variable.split(',').map((value) => value.trim()) : [variable]
  return { origin: setting.environment, values }
}

function problemText(raw: ReadonlyMap<string, RawValue>, name: PropertyKey | undefined, message: string): string {
  return `${raw.get(String(name))?.origin ?? String(name)}: ${message}`
}

/** A value read from text; `form` says what it must be. What reading a file throws is a problem like any other. */
function textOf<T>(read: (text: string) => T | undefined, form: string) {
  return z.string().transform((text, context) => {
    const refuse = (why: string) => {
      context.addIssue({ code: 'custom', message: `"${text}" is not ${form}${why}` })
      return z.NEVER
    }
    try {
      return read(text) ?? refuse('')
    } catch (error) {
      return refuse(`: ${error instanceof Error ? error.message : String(error)}`)
    }
  })
}

/** The only value of a setting that is not repeatable. */
function one<T>(schema: z.ZodType<T, string>) {
  return z.tuple([schema], 'must be given').transform(([value]) => value)
}

function optional<T>(schema: z.ZodType<T, string>) {
  return z.array(schema).transform(([value]) => value)
}

function wholeNumber(max: number) {
  const read = (text: string) => (/^\d{1,9}$/.test(text) && Number(text) <= max ? Number(text) : undefined)
  return textOf(read, `a whole number from 0 to ${max}`)
}

const LISTEN_FORM = 'udp://HOST:PORT or tcp://HOST:PORT with an IP address as HOST, IPv6 in brackets'

const STANDALONE = z.object({
  rules: one(textOf(readFolder, 'a folder that can be read')),
  listen: z
    .array(textOf(parseListenAddress, LISTEN_FORM))
    .min(1, 'must be given at least once')
    .refine(areDistinct, 'names the same address twice'),
  advertise: optional(textOf(parseAdvertisedAddress, 'HOST or HOST:PORT, IPv6 in brackets')),
  advertiseInternal: optional(textOf(parseAdvertisedAddress, 'HOST or HOST:PORT, IPv6 in brackets')),
  http: one(textOf(parseHttpAddress, 'HOST:PORT, IPv6 in brackets')),
  logLevel: one(z.enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent')),
  logCallsPerSecond: one(wholeNumber(MAX_LOG_CALLS_PER_SECOND)),
  ruleSeries: one(wholeNumber(MAX_RULE_SERIES)),
  cookieKeyFile: z.array(textOf(readKey, `a file of ${MIN_COOKIE_KEY_BYTES} bytes or more that can be read`)),
})

function readFolder(path: string): string | undefined {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : undefined
}

function readKey(path: string): Buffer | undefined {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return undefined
  const key = readFileSync(path)
  return key.length >= MIN_COOKIE_KEY_BYTES ? key : undefined
}

function areDistinct(listen: readonly ListenAddress[]): boolean {
  const fixed = listen.filter(({ port }) => port !== 0)
  return (
    new Set(fixed.map(({ transport, address, port }) => `${transport} ${address.text} ${port}`)).size === fixed.length
  )
}

/** Frozen with everything below it, except the bytes of keys, which cannot be. */
function frozen<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null && !Buffer.isBuffer(part)) frozen(part)
  }
  return Object.freeze(value)
}
