/** Turns each JSON line of the process's log into a line of words for people. Pure. */

export type LogLine = Readonly<Record<string, unknown>>

/** The words of a line, without its time; undefined: the fields are shown as they are. */
const WORDS: Readonly<Record<string, (line: LogLine) => string>> = {
  'call decided': callWords,
  'manifests refused, last good table kept': refusedWords,
  'manifests changed': changeWords,
  'manifests are right again': () => 'rules: all files can be read again',
  'route table changed': ({ version, trunks, rules }) =>
    `rules: in use from the next call on: ${count(trunks, 'trunk')}, ${count(rules, 'rule')} (version ${text(version)})`,
  condition: ({ kind, name, condition, reason, detail }) =>
    `rules: ${text(kind)} ${text(name)} is not as it should be: ${text(detail)} (${text(condition)}, ${text(reason)})`,
  'condition over': ({ kind, name, condition }) =>
    `rules: ${text(kind)} ${text(name)} is as it should be again (${text(condition)})`,
  'packet dropped': ({ method, source, transport, reason }) =>
    `packet: ${text(method) || 'something'} from ${text(source)} ${text(transport)} dropped without an answer (${text(reason)})`,
}

/** Fields that do not help a reader of the demo. */
const LEFT_OUT = new Set(['level', 'time', 'msg'])

/** A line of the log with `HH:MM:SS` in front. It contains no character that could control a terminal, whoever sent the packet. */
export function wordsOf(line: LogLine): string {
  const { level, msg } = line
  const words = WORDS[text(msg)]?.(line) ?? `${text(msg)}${fieldWords(line)}`
  const weight = level === 'warn' || level === 'error' ? `${level.toUpperCase()} ` : ''
  return printable(`${timeOfDay(line)}  ${weight}${words}`)
}

/** Whether a line reports that something is wrong. */
export function isTrouble({ level }: LogLine): boolean {
  return level === 'warn' || level === 'error'
}

/** `call: +1415 → +1900 from 127.0.0.1:40000 UDP: rejected, 403, rule default/premium-numbers: why`. */
function callWords(line: LogLine): string {
  const { calling, called, source, transport, outcome, status, rule, trunk, reason } = line
  const by = text(rule) === '' ? (text(trunk) === '' ? 'no trunk' : `trunk ${text(trunk)}`) : `rule ${text(rule)}`
  const answer = status === 0 ? 'no answer' : text(status)
  const parties = `from ${text(calling) || 'unknown'} to ${text(called) || 'unknown'}`
  return `call: ${parties}, of ${text(source)} ${text(transport)}: ${text(outcome)}, ${answer}, ${by}: ${text(reason)}`
}

function refusedWords({ problem, object, error }: LogLine): string {
  const whose = object === undefined ? '' : ` in ${text(object)}`
  const what = problem === undefined ? text(error) : text(problem)
  return `rules: refused, the last good ones go on: ${what}${whose}`
}

function changeWords({ added, changed, removed, more }: LogLine): string {
  const parts = Object.entries({ added, changed, removed }).flatMap(([what, names]) =>
    Array.isArray(names) && names.length > 0 ? [`${what} ${names.map(text).join(', ')}`] : [],
  )
  return `rules: ${parts.join('; ')}${typeof more === 'number' ? ` and ${more} more` : ''}`
}

function count(number: unknown, what: string): string {
  return `${text(number)} ${what}${number === 1 ? '' : 's'}`
}

function fieldWords(line: LogLine): string {
  return Object.entries(line)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => ` ${name}=${text(value)}`)
    .join('')
}

function timeOfDay({ time }: LogLine): string {
  const at = new Date(text(time))
  return Number.isNaN(at.getTime()) ? '--:--:--' : at.toTimeString().slice(0, 8)
}

function text(value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Replaces control characters, and those that turn the direction of a line or break it, by their JSON escapes. */
function printable(words: string): string {
  return words.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    return `\\u${character.codePointAt(0)?.toString(16).padStart(4, '0') ?? ''}`
  })
}
