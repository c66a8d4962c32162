/**
 * A file as kubectl cuts it before it reads YAML: at each line that begins with `---`, and, where it begins with JSON, behind
 * each object. Of each part it then reads the first document. Pure.
 */

export interface Chunk {
  readonly text: string
  /** Of its first character in the file. */
  readonly offset: number
}

const SEPARATOR = '---'

/** The parts of a file; a separator that kubectl refuses is told, and what stands behind it left out. */
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

/** `{…}{…}`, with or without lines between them, as jq writes objects. */
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

/** The end of a JSON object behind which another one begins. */
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
