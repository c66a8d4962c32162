/** The commands that a page of Markdown tells its readers to run. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export const readPage = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/**
 * Lines of a code block. In one of a shell every line is a command; in one of a console those behind a `$ ` are, and the
 * others are what they print; in any other those that begin with a program.
 */
interface CodeBlock {
  readonly kind: 'shell' | 'console' | 'plain'
  readonly lines: readonly string[]
}

const KINDS: Readonly<Record<string, CodeBlock['kind']>> = {
  ...{ sh: 'shell', bash: 'shell', shell: 'shell' },
  ...{ console: 'console', 'shell-session': 'console', '': 'plain' },
}

/** How a command begins where nothing says that a block holds commands. */
const PROGRAM = /^(?:[A-Z_]+=\S+ )*(?:sip-dispatch|npm|npx|node|kubectl|helm|docker|sipp|curl|redis-cli)(?: |$)/

/** The commands of a page: continued lines joined, comments cut off, space collapsed. */
export function commandsOf(markdown: string): string[] {
  return codeBlocks(markdown).flatMap(({ kind, lines }) => {
    if (kind === 'console') return joined(typedLines(lines))
    const commands = joined(lines)
    return kind === 'shell' ? commands : commands.filter((command) => PROGRAM.test(command))
  })
}

/** The lines behind a `$ `, and those that continue them. */
function typedLines(lines: readonly string[]): string[] {
  let typing = false
  return lines.flatMap((line) => {
    const typed = typing || line.startsWith('$ ')
    typing = typed && line.endsWith('\\')
    return typed ? [line.replace(/^\$ /, '')] : []
  })
}

/** A fenced block: its marks, the language and the text. */
const FENCED = /^ *(`{3,}|~{3,}) *(\S*).*\n([\s\S]*?)^ *\1 *$/gm

/** Fenced blocks of a known kind, then the indented ones. */
function codeBlocks(markdown: string): CodeBlock[] {
  const fenced = [...markdown.matchAll(FENCED)].flatMap(([, , language = '', text = '']) => {
    const kind = KINDS[language]
    return kind === undefined ? [] : [{ kind, lines: text.split('\n') }]
  })
  const indented = [...markdown.replaceAll(FENCED, '').matchAll(/(?:^ {4}.*(?:\n|$))+/gm)]
  return [...fenced, ...indented.map(([text]): CodeBlock => ({ kind: 'plain', lines: text.split('\n') }))]
}

function joined(lines: readonly string[]): string[] {
  const commands: string[] = []
  let begun = ''
  let endOfText: string | undefined
  for (const line of lines) {
    if (endOfText !== undefined) {
      // The text that a command reads is no command.
      if (line.trim() === endOfText) endOfText = undefined
      continue
    }
    const text = begun + withoutComment(line)
    begun = text.endsWith('\\') ? text.slice(0, -1) : ''
    if (begun !== '') continue
    endOfText = /<<-?\s*['"]?(\w+)/.exec(text)?.[1]
    const command = text.replaceAll(/\s+/g, ' ').trim()
    if (command !== '') commands.push(command)
  }
  return commands
}

/** A comment begins with a # outside of quotes that nothing but space stands before. */
function withoutComment(line: string): string {
  const [text = ''] = /^(?:'[^']*'|"[^"]*"|(?<!\s)#|[^#'"]|(?<=\S)['"])*/.exec(line) ?? []
  return text.startsWith('#') ? '' : text.trimEnd()
}
