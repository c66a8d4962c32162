/**
 * Splits a file in the same way as kubectl, which splits a file before reading YAML. The file is split at each line that begins
 * with `---`. If the file begins with JSON, it is also split after each object. kubectl then reads only the first document of
 * each part.
 */

export interface Chunk {
  readonly text: string
  /** The position of the first character of `text` in the file. */
  readonly offset: number
}

const SEPARATOR = '---'

/**
 * Yields the parts of a file. A separator that kubectl refuses is reported to `refuse`, and the part after this separator is
 * left out.
 */
export function* manifestChunks(text: string, refuse: (offset: number, message: string) => void): Generator<Chunk> {
  let [start, line, taken] = [0, 0, true]
  while (line < text.length) {
    const end = text.indexOf('\n', line) + 1 || text.length
    if (text.startsWith(SEPARATOR, line)) {
      if (taken) yield* objectsOf(text.slice(start, line), start)
      const rest = text.slice(line + SEPARATOR.length, end).trim()
      taken = rest === '' || rest.startsWith('#')
      if (!taken) refuse(line, 'only a comment may stand behind --- for kubectl: begin the document on the next line')
      start = end
    }
    line = end
  }
  if (taken) yield* objectsOf(text.slice(start), start)
}

/** Splits `{…}{…}`. There may be line ends between the objects, as in the output of jq. */
function* objectsOf(text: string, offset: number): Generator<Chunk> {
  let start = 0
  if (offset === 0 && /^\s*\{/.test(text) && /\}\s*\{/.test(text)) {
    for (let end = jsonEnd(text, 0); end !== undefined; end = jsonEnd(text, start)) {
      yield { text: text.slice(start, end), offset: start }
      start = end
    }
  }
  if (text.trim() !== '' && text.length > start) yield { text: text.slice(start), offset: offset + start }
}

/** The end of a JSON object if another object follows it. Otherwise undefined. */
function jsonEnd(text: string, start: number): number | undefined {
  const strings = /"(?:[^"\\]|\\.)*"|[{}]/gs
  strings.lastIndex = start
  let depth = 0
  for (let found = strings.exec(text); found; found = strings.exec(text)) {
    if (found[0] === '{') depth++
    else if (found[0] === '}' && --depth === 0) {
      const next = /\s*\{/y
      next.lastIndex = strings.lastIndex
      return next.test(text) && isJson(text.slice(start, strings.lastIndex)) ? strings.lastIndex : undefined
    }
  }
  return undefined
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
