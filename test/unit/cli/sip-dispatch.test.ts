import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'
import { STANDALONE_SETTINGS } from '../../../cli/settings/settings.ts'
import { runCommand } from '../../support/command-line.ts'

const PACKAGE = new URL('../../../package.json', import.meta.url)

describe('the help', () => {
  it('is shown on demand, with the commands and every exit code', async () => {
    const { code, output } = await runCommand(['--help'])
    expect(code).toBe(0)
    for (const part of ['standalone', 'lint', 'Exit codes:', '  0  ', '  1  ', '  2  ']) expect(output).toContain(part)
  })

  it('of standalone names every flag with its environment variable', async () => {
    const { code, output } = await runCommand(['standalone', '--help'])
    expect(code).toBe(0)
    for (const { flag, environment } of Object.values(STANDALONE_SETTINGS)) {
      if (flag !== '--drachtio-secret') expect(output).toContain(`${flag} <`)
      expect(output).toContain(environment)
    }
  })

  it('has no flag for a secret, which every user of the machine could read', async () => {
    const { output } = await runCommand(['standalone', '--help'])
    expect(output).not.toContain('--drachtio-secret ')
    const { code, errors } = await runCommand(['standalone', '--rules', '.', '--drachtio-secret', 'x'])
    expect([code, errors]).toEqual([2, expect.stringContaining("unknown option '--drachtio-secret'")])
  })

  it('is what a call without a command gets, as wrong usage', async () => {
    const { code, errors } = await runCommand([])
    expect(code).toBe(2)
    expect(errors).toContain('Usage: sip-dispatch')
  })
})

describe('the version', () => {
  it('is that of the package', async () => {
    const { version }: { version: string } = JSON.parse(readFileSync(PACKAGE, 'utf8'))
    expect(await runCommand(['--version'])).toEqual({ code: 0, output: `${version}\n`, errors: '' })
  })
})

describe('wrong usage', () => {
  it.each([
    ['an unknown command', ['standalon'], "unknown command 'standalon'", 'Did you mean standalone?'],
    ['an unknown flag', ['standalone', '--rulez', 'x'], "unknown option '--rulez'", 'Did you mean --rules?'],
    ['an unknown format', ['lint', '--format', 'xml', '.'], 'xml', 'Allowed choices are text, json.'],
    ['a missing argument', ['lint'], "missing required argument 'path'", 'error:'],
    ['a missing value', ['standalone', '--rules'], 'argument missing', '--rules <dir>'],
  ])('by %s exits with 2 and says what was meant', async (_, args, message, hint) => {
    const { code, errors } = await runCommand(args)
    expect(code).toBe(2)
    expect(errors).toContain(message)
    expect(errors).toContain(hint)
  })

  it('of the configuration exits with 2 and tells every problem', async () => {
    const environment = { SIP_DISPATCH_HTTP: 'nowhere' }
    const { code, errors } = await runCommand(
      ['standalone', '--listen', 'udp://x:1', '--log-level', 'loud'],
      environment,
    )
    expect(code).toBe(2)
    const origins = errors
      .trimEnd()
      .split('\n')
      .map((line) => line.split(':')[1]?.trim())
    expect(origins).toEqual(['--rules', '--listen', 'SIP_DISPATCH_HTTP', '--log-level'])
  })
})

describe('a reader of the output that goes away', () => {
  it.each([
    ['the help', 'standalone --help'],
    ['lint', 'lint --format json examples/standalone'],
    ['explain', 'explain --rules examples/standalone --to +1 --from +1 --source 127.0.0.1'],
  ])('ends %s without a complaint', async (_, args) => {
    const command = `'${process.execPath}' cli/sip-dispatch.ts ${args} 2>&1 >&3 | cat 3>&-`
    const child = spawn('bash', ['-c', `set -o pipefail; ${command}`], {
      ...{ cwd: fileURLToPath(new URL('../../../', import.meta.url)), env: {} },
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    })
    // The far end of its standard output is closed before it writes.
    child.stdio[3]?.destroy()
    const [errors] = await Promise.all([child.stdout ? text(child.stdout) : 'none', once(child, 'close')])
    expect({ code: child.exitCode, errors }).toEqual({ code: 0, errors: '' })
  })
})
