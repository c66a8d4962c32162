import { type Command, Option } from 'commander'
import type { Setting, Settings } from './settings.ts'

/** Adds a flag for each setting. The help of a flag names the default, and the variable that can replace the flag. */
export function addSettings(command: Command, settings: Settings): void {
  for (const setting of Object.values(settings)) {
    if (!setting.environmentOnly) command.addOption(optionOf(setting))
  }
}

function optionOf(setting: Setting): Option {
  const { flag, argument, environment, repeatable, toggle, assumed, fallback = assumed ?? [], description } = setting
  const notes = [
    ...(repeatable ? ['repeatable'] : []),
    ...(fallback.length > 0 ? [`default: ${fallback.join(', ')}`] : []),
    `env: ${environment}${repeatable ? ', separated by commas' : ''}`,
  ]
  const value = toggle ? `[${argument}]` : `<${argument}>`
  const option = new Option(`${flag} ${value}`, `${description} (${notes.join('; ')})`)
  if (toggle) return option.preset('true')
  return repeatable ? option.argParser(collect) : option
}

function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value]
}
