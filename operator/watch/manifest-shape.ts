/**
 * Checks a manifest before the parser reads it: how deeply it is nested, and how many tokens it has. The time of the check
 * grows in proportion to the text.
 */
import { Lexer } from 'yaml'
import { MAX_MANIFEST_DEPTH, MAX_MANIFEST_TOKENS } from './limits.ts'

/** Why a text is not given to the parser. The parser would take too long, or exhaust the stack. */
export interface ShapeFault {
  readonly code: 'nested_too_deep' | 'file_too_large'
  /** The line number, counted from 1. */
  readonly line: number
  readonly message: string
  readonly expected: string
}

/** The fault of a text. Undefined if the parser can read the text. */
export function shapeFault(text: string): ShapeFault | undefined {
  return isPlainlyFlat(text) ? undefined : lexedFault(text)
}

/**
 * Whether counting characters already proves that a text is small and flat enough. This is so for most texts. They do not need
 * the lexer, which takes a quarter of the parser's time.
 */
function isPlainlyFlat(text: string): boolean {
  let [openers, levels, indent, tokens] = [0, 0, 0, 0]
  for (const line of text.split('\n')) {
    if (line.startsWith('---')) [openers, levels, indent] = [0, 0, 0]
    const signs = signsOf(line)
    tokens += signs.all
    openers += signs.openers
    indent = Math.max(indent, signs.indent)
    // Inside brackets, a key may be nested in a key of an earlier line. So the levels of these lines are added up.
    levels = openers > 0 ? levels + signs.levels : Math.max(levels, signs.levels)
    if (openers + levels + indent > MAX_MANIFEST_DEPTH || tokens > MAX_MANIFEST_TOKENS) return false
  }
  return true
}

interface Signs {
  readonly indent: number
  readonly openers: number
  readonly levels: number
  readonly all: number
}

/** The kind of a character. 1: an opening bracket. 2: the sign of a list entry or of a key. 3: any other token. */
const KINDS = new Uint8Array(128)
for (const [kind, signs] of ['', '[{', '-?:', ',]}"\'&*!%'].entries()) {
  for (const sign of signs) KINDS[sign.charCodeAt(0)] = kind
}

function signsOf(line: string): Signs {
  const counts = [0, 0, 0, 0]
  let indent = 0
  while (line.charCodeAt(indent) === 32) indent++
  for (let i = indent; i < line.length; i++) {
    const kind = KINDS[line.charCodeAt(i)] ?? 0
    if (kind > 0 && !isInName(line, i)) counts[kind] = (counts[kind] ?? 0) + 1
  }
  const [, openers = 0, levels = 0, others = 0] = counts
  return { indent, openers, levels, all: openers + levels + others }
}

/** Whether a dash is part of a name. A dash after a letter or a digit is part of a name, and does not begin a list entry. */
function isInName(line: string, i: number): boolean {
  return line[i] === '-' && /[a-z0-9]/.test(line[i - 1] ?? '')
}

/**
 * Tokens that the lexer adds and that are not in the text. They mark the beginning of a document, the beginning of a scalar,
 * and the end of a broken list or map in brackets (`[…]` or `{…}`).
 */
const INVISIBLE = new Set(['\u0002', '\u001f', '\u0018'])
const BLANK = /^[ \t\r\n#]/

function lexedFault(text: string): ShapeFault | undefined {
  const depth = createDepth()
  let [offset, tokens] = [0, 0]
  for (const token of new Lexer().lex(text)) {
    if (!BLANK.test(token)) tokens++
    if (depth.after(token) > MAX_MANIFEST_DEPTH) return tooDeep(lineAt(text, offset))
    if (tokens > MAX_MANIFEST_TOKENS) return tooMany(lineAt(text, offset))
    if (!INVISIBLE.has(token)) offset += token.length
  }
  return undefined
}

function tooDeep(line: number): ShapeFault {
  const expected = `at most ${MAX_MANIFEST_DEPTH} levels`
  return { code: 'nested_too_deep', line, message: 'nests deeper than any manifest does', expected }
}

function tooMany(line: number): ShapeFault {
  const expected = `at most ${MAX_MANIFEST_TOKENS} brackets, commas, keys and values`
  return {
    code: 'file_too_large',
    line,
    message: 'holds more than one file may: split it into smaller files',
    expected,
  }
}

function lineAt(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}

/**
 * Counts after each token how many levels the text is nested. Three things add levels: deeper indentation, several signs of
 * lists and keys on one line, and brackets with the keys inside them.
 */
function createDepth() {
  const indents: number[] = []
  /** For each open bracket, the number of key signs since its last comma. */
  const flow: number[] = []
  let [lineLevels, flowLevels, indent] = [0, 0, 0]
  let fresh = true
  const startLine = (): void => {
    while (indents.length > 0 && (indents.at(-1) ?? 0) >= indent) indents.pop()
    indents.push(indent)
    fresh = false
    lineLevels = 0
  }
  const inBlock = (token: string): void => {
    if (token === '\n' || token === '\r\n') {
      fresh = true
      indent = 0
    } else if (fresh && /^[ \t]/.test(token)) indent += token.length
    else if (fresh && token !== '\u001f') startLine()
    if (token === '\u0002') indents.length = 0
    if (token === '-' || token === '?' || token === ':') lineLevels++
  }
  const inFlow = (token: string): void => {
    const keys = flow.at(-1) ?? 0
    if (token === ',') {
      flowLevels -= keys
      flow[flow.length - 1] = 0
    } else if (token === ':' || token === '?') {
      flowLevels++
      flow[flow.length - 1] = keys + 1
    } else if (token === ']' || token === '}') {
      flowLevels -= keys
      flow.pop()
    } else if (token === '\u0018') {
      flow.length = 0
      flowLevels = 0
    }
  }
  const after = (token: string): number => {
    if (flow.length > 0) inFlow(token)
    else inBlock(token)
    if (token === '[' || token === '{') flow.push(0)
    return indents.length + lineLevels + flow.length + flowLevels
  }
  return { after }
}
