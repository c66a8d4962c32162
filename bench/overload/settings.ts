/** The command line of the overload benchmark. */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { MAX_ORDER_SECONDS, MAX_RULES } from '../limits.ts'
import type { Scenario } from '../load/load-order.ts'
import { MIN_SHARE } from './limits.ts'

export interface OverloadSettings {
  readonly rules: number
  /** Share of a core that each server has. */
  readonly share: number
  readonly seconds: number
  readonly settleSeconds: number
  /** Offered loads, in multiples of the capacity. */
  readonly factors: readonly number[]
  readonly scenarios: readonly Scenario[]
  readonly seed: number
  /** The folder for the pictures. Undefined: none is made. */
  readonly svg: string | undefined
  readonly strangers: boolean
}

const OPTIONS = {
  rules: { type: 'string', default: '100000' },
  share: { type: 'string', default: '0.15' },
  seconds: { type: 'string', default: '4' },
  settle: { type: 'string', default: '8' },
  factors: { type: 'string', default: '0.5,1,1.5,2,4' },
  calls: { type: 'string', default: 'refused,forwarded' },
  seed: { type: 'string', default: '1' },
  svg: { type: 'string' },
  strangers: { type: 'boolean', default: false },
} as const

/** Throws a RangeError that names the flag where a value is out of its range. */
export function readOverloadSettings(args: readonly string[]): OverloadSettings {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  return {
    rules: wholeNumber('rules', values.rules, MAX_RULES),
    share: share(values.share),
    seconds: wholeNumber('seconds', values.seconds, MAX_ORDER_SECONDS),
    settleSeconds: wholeNumber('settle', values.settle, MAX_ORDER_SECONDS),
    factors: factors(values.factors),
    scenarios: values.calls.split(',').map(scenario),
    seed: wholeNumber('seed', values.seed, 2 ** 31),
    svg: values.svg === undefined ? undefined : folder(values.svg),
    strangers: values.strangers,
  }
}

function wholeNumber(name: string, text: string, highest: number): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > highest)
    throw new RangeError(`--${name} must be a whole number from 1 to ${highest}`)
  return number
}

function share(text: string): number {
  const number = Number(text)
  if (!(number >= MIN_SHARE && number <= 1)) throw new RangeError(`--share must be a number from ${MIN_SHARE} to 1`)
  return number
}

function factors(text: string): number[] {
  const numbers = text.split(',').map(Number)
  if (!numbers.every((factor, i) => factor > (numbers[i - 1] ?? 0)))
    throw new RangeError('--factors must be numbers above 0 that rise, with commas between them')
  return numbers
}

/** A folder that is missing must be noticed before half an hour of measuring. */
function folder(path: string): string {
  if (!existsSync(path)) throw new RangeError(`--svg must be a folder that exists: ${path}`)
  return path
}

function scenario(name: string): Scenario {
  if (name !== 'refused' && name !== 'forwarded')
    throw new RangeError('--calls must be refused, forwarded, or both with a comma between them')
  return name
}
