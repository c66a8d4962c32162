/** The exit codes of docs/command-line.md: the table is run. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { runCommand } from '../../support/command-line.ts'

const PAGE = readFileSync(fileURLToPath(new URL('../../../docs/command-line.md', import.meta.url)), 'utf8')
const TRUNK = 'apiVersion: sipdispatch.dev/v1alpha1\nkind: SipTrunk\nmetadata: {name: a}\n'

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-exit-'))
  for (const name of ['empty', 'fault', 'warning']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'fault', 'a.yaml'), `${TRUNK}spec: {sources: [203.0.113.0/99]}\n`)
  writeFileSync(join(folder, 'warning', 'a.yaml'), `${TRUNK}spec: {sources: [0.0.0.0/0]}\n`)
})

afterAll(() => rmSync(folder, { recursive: true }))

/** How each command is given a folder or a file. */
const WITH_PATH: Readonly<Record<string, (path: string) => string[]>> = {
  lint: (path) => ['lint', path],
  explain: (path) => ['explain', '--to', '+1', '--from', '+1', '--source', '127.0.0.1', '--rules', path],
  standalone: (path) => ['standalone', '--listen', 'udp://127.0.0.1:0', '--http', '127.0.0.1:0', '--rules', path],
  ingress: (path) => ['ingress', '--cache', 'redis://127.0.0.1:1', '--keys', path],
  operator: (path) => ['operator', '--cache', 'redis://127.0.0.1:1', '--kubeconfig', path],
}

/** What stands for the words of the first column. */
const GIVEN: Readonly<Record<string, (command: string) => string[]>> = {
  'an unknown flag, or a value that cannot be read': (command) => [command, '--no-such-flag'],
  'a path where nothing is': (command) => WITH_PATH[command]?.(join(folder, 'none')) ?? [],
  'a folder without a manifest': (command) => WITH_PATH[command]?.(join(folder, 'empty')) ?? [],
  'a manifest with a fault': (command) => WITH_PATH[command]?.(join(folder, 'fault')) ?? [],
  'a manifest with warnings alone': (command) => WITH_PATH[command]?.(join(folder, 'warning')) ?? [],
}

function tableOfPage(): { given: string; command: string; code: number }[] {
  const [, text = ''] = PAGE.split('Of what the commands are given:')
  const [head = [], , ...rows] = text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  return rows.flatMap(([given = '', ...codes]) =>
    codes.flatMap((code, i) => (code === '' ? [] : [{ given, command: head[i + 1] ?? '', code: Number(code) }])),
  )
}

describe('the table of exit codes', () => {
  it('has a row for everything that is given', () => {
    expect([...new Set(tableOfPage().map(({ given }) => given))]).toEqual(Object.keys(GIVEN))
  })

  it.each(tableOfPage().map(({ given, command, code }) => [given, command, code] as const))(
    'is right about %s with %s: %d',
    async (given, command, code) => {
      const args = GIVEN[given]?.(command) ?? []
      expect(args.length).toBeGreaterThan(1)
      expect((await runCommand(args)).code).toBe(code)
    },
    60_000,
  )
})

describe('a transport that is not there yet', () => {
  it.each([
    ['standalone', '--listen', 'tls://127.0.0.1:5061'],
    ['standalone', '--listen', 'wss://127.0.0.1:443'],
    ['standalone', '--advertise', 'tls://sip.example.com'],
    ['ingress', '--listen', 'sips://127.0.0.1:5061'],
    ['ingress', '--advertise-internal', 'tls://10.0.0.1'],
    ['probe', '--sip', 'tls://127.0.0.1:5061'],
    ['explain', '--transport', 'tls'],
  ])(
    'is refused by %s %s %s with what to do',
    async (command, flag, value) => {
      const { code, errors } = await runCommand([command, flag, value])
      expect(code).toBe(2)
      expect(errors).toMatch(/not there yet: end them at a SIP proxy before this process/)
    },
    60_000,
  )

  it('is refused in a manifest with what to do', async () => {
    const file = join(folder, 'tls.yaml')
    writeFileSync(file, `${TRUNK}spec: {sources: [203.0.113.0/24], transports: [TLS]}\n`)
    const { code, output } = await runCommand(['lint', file])
    expect(code).toBe(1)
    expect(output).toContain('is the string "TLS": it is not there yet, so end it at a SIP proxy before the ingress')
  }, 60_000)
})
