/** Every command that the documentation shows is run by something, and `commands-table.ts` says by what. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { documentationPages } from '../../scripts/page-links.ts'
import { commandsOf, ROOT, readPage } from './commands-of-page.ts'
import { COMMANDS, type Runner } from './commands-table.ts'

type Table = Readonly<Record<string, Runner>>

const documented = documentationPages(ROOT).flatMap((page) =>
  commandsOf(readPage(page)).map((command) => ({ page, command })),
)

function withoutEntry(commands: readonly { page: string; command: string }[], table: Table): string[] {
  return commands.filter(({ command }) => !(command in table)).map(({ page, command }) => `${page}: ${command}`)
}

function withoutCommand(commands: readonly { command: string }[], table: Table): string[] {
  const known = new Set(commands.map(({ command }) => command))
  return Object.keys(table).filter((command) => !known.has(command))
}

/** Entries whose test is not there, or does not hold what should show that it runs the command. */
function withoutProof(table: Table): string[] {
  const named = Object.entries(table).flatMap(([command, runner]) => ('test' in runner ? [{ command, ...runner }] : []))
  const proven = ({ test, shows }: { test: string; shows: string }) =>
    existsSync(join(ROOT, test)) && readPage(test).includes(shows)
  return named.filter((one) => !proven(one)).map(({ command }) => command)
}

/** Files of this tree that a command names and that are not there. */
function missingFiles(command: string): string[] {
  const named = command.matchAll(/(?<![\w./-])(?:bench|cli|crds|docs|examples|helm|scripts|test)\/[\w./-]+/g)
  return [...named].map(([path]) => path).filter((path) => !existsSync(join(ROOT, path)))
}

describe('the commands of the documentation', () => {
  it('are all in the table, with what runs them', () => {
    expect(documented.length).toBeGreaterThan(40)
    expect(withoutEntry(documented, COMMANDS)).toEqual([])
  })

  it('are all that is in the table', () => {
    expect(withoutCommand(documented, COMMANDS)).toEqual([])
  })

  it('are run by tests that exist and show it', () => {
    expect(withoutProof(COMMANDS)).toEqual([])
  })

  it('name files that exist', () => {
    expect(documented.flatMap(({ command }) => missingFiles(command))).toEqual([])
  })
})

describe('it is found out', () => {
  const table = { 'npm test': { test: '.ci/run', shows: 'npm run' } }

  it('when a page shows a command that nothing runs', () => {
    const commands = ['npm test', 'npm run planted'].map((command) => ({ page: 'docs/new.md', command }))
    expect(withoutEntry(commands, table)).toEqual(['docs/new.md: npm run planted'])
  })

  it('when the table has a command that no page shows', () => {
    expect(withoutCommand([], table)).toEqual(['npm test'])
  })

  it('when the test of a command is not there, or does not show it', () => {
    expect(withoutProof(table)).toEqual([])
    expect(withoutProof({ 'npm test': { test: '.ci/run', shows: 'kubectl get planted' } })).toEqual(['npm test'])
    expect(withoutProof({ 'npm test': { test: 'test/planted.test.ts', shows: 'npm' } })).toEqual(['npm test'])
  })

  it('when a command names a file that is not there', () => {
    expect(missingFiles('kubectl apply -f examples/standalone -f examples/planted.yaml')).toEqual([
      'examples/planted.yaml',
    ])
  })
})

describe('a command of a page', () => {
  const page = (...lines: string[]): string => lines.join('\n')

  it('is every line of a shell block, without its comment', () => {
    const text = page('```sh', 'npm start    # serves', '# nothing', `echo '# kept' a#b`, '```', 'npm test')
    expect(commandsOf(text)).toEqual(['npm start', "echo '# kept' a#b"])
  })

  it('is one command over several lines', () => {
    expect(commandsOf(page('```bash', 'helm install phone \\', '  --set a=b', '```'))).toEqual([
      'helm install phone --set a=b',
    ])
  })

  it('is an indented line that begins with a program, also behind a variable', () => {
    const text = page('Text', '', '    sip-dispatch lint a \\', '      b', '    UPDATE=1 npm test', '    a drawing', '')
    expect(commandsOf(text)).toEqual(['sip-dispatch lint a b', 'UPDATE=1 npm test'])
  })

  it('is not what it reads, nor anything in a block of another language', () => {
    const text = page(
      '```sh',
      "kubectl apply -f - <<'EOF'",
      'kind: A',
      'EOF',
      'npm test',
      '```',
      '```yaml',
      'npm: x',
      '```',
    )
    expect(commandsOf(text)).toEqual(["kubectl apply -f - <<'EOF'", 'npm test'])
  })

  it('is what is typed in a console, not what is printed', () => {
    const text = page(
      '```console',
      '$ npm test -- \\',
      '    test/docs',
      '1 passed',
      'npm is done',
      '$ npm start',
      '```',
    )
    expect(commandsOf(text)).toEqual(['npm test -- test/docs', 'npm start'])
  })

  it('is a line with a program in a block that says no language', () => {
    expect(commandsOf(page('```', 'kubectl get drule', 'NAME', '```'))).toEqual(['kubectl get drule'])
  })
})
