import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ROOT } from '../docs/commands-of-page.ts'
import { type Shell, startShell } from '../docs/commands-shell.ts'
import { runScript } from '../support/command-line.ts'
import { eventually } from '../support/operator-process.ts'
import { requestText } from '../support/sip-text.ts'
import { openDatagramPeer } from '../support/wire-socket.ts'

it('npm run demo:seed shows the reported call beside ours, which has one final response and no ringing', async () => {
  const { code, output, errors } = await runScript('scripts/demo-seed.ts')
  expect([code, errors]).toEqual([0, ''])
  const [, ...rows] = output.split('\n')
  const column = rows.indexOf('')
  const ladders = rows.slice(0, column)
  const width = Math.max(...ladders.map((row) => row.indexOf('|', row.indexOf('|') + 1))) + 1
  const theirs = ladders.map((row) => row.slice(0, width)).join('\n')
  const ours = ladders.map((row) => row.slice(width)).join('\n')
  expect(theirs).toMatch(/INVITE.*100 Trying.*180 Ringing.*sends nothing.*13100\.0 ms .*CANCEL/s)
  expect(ours.match(/<-+ (\d{3} [\w ]+?) -/g)).toEqual([expect.stringContaining('503 Service Unavailable')])
  expect(ours).toMatch(/INVITE.*503.*ACK/s)
  expect(output).toMatch(/log: \{"outcome":"no_rule","status":503,"trunk":"default\/local"/)
})

describe('npm start', () => {
  let folder = ''
  let running: Shell | undefined

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-demo-'))
    cpSync(join(ROOT, 'examples/standalone'), folder, { recursive: true })
  })

  afterEach(async () => {
    await running?.stop()
    running = undefined
    rmSync(folder, { recursive: true })
  })

  const free = '--listen udp://127.0.0.1:0 --http 127.0.0.1:0'

  /** On the Node of the machine, as a user does. */
  function start(command: string): Shell {
    running = startShell(`exec ${command}`, { folder: ROOT })
    return running
  }

  const says = ({ said, child }: Shell, what: RegExp): Promise<string> =>
    eventually(
      () => {
        const [found] = what.exec(said()) ?? []
        if (found === undefined && child.exitCode !== null) throw new Error(`DEMO_ENDED: ${said()}`)
        return found
      },
      () => `${String(what)} is not in:\n${said()}`,
    )

  it('tells of a broken file with place, object and field, then what changed, and each call in a line', async () => {
    const demo = start(`npm start -- --rules ${folder} ${free}`)
    const serving = await says(demo, /SIP +udp:\/\/127\.0\.0\.1:\d+/)
    await says(demo, /Try next:/)
    const file = join(folder, 'rules.yaml')
    const good = readFileSync(file, 'utf8')
    writeFileSync(file, good.replace('status: 403', 'status: 99'))
    await says(
      demo,
      /ERROR rules: refused, .*rules\.yaml:\d+: spec\.action\.reject\.status: .* in DispatchRule default\/premium-numbers\n/,
    )
    writeFileSync(file, good.replace('status: 403', 'status: 404'))
    await says(demo, /rules: all files can be read again\n/)
    await says(
      demo,
      /rules: changed rule default\/premium-numbers\n.*rules: in use from the next call on: 1 trunk, 3 rules/,
    )
    const peer = await openDatagramPeer('127.0.0.1')
    const via = `SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bK-demo`
    await peer.send(requestText({ uri: 'sip:+19005550100@127.0.0.1', via }), Number(/\d+$/.exec(serving)?.[0]))
    const call = await says(
      demo,
      /call: from .* to \+19005550100, of 127\.0\.0\.1:\d+ UDP: rejected, 404, rule default\/premium-numbers: .+\n/,
    )
    peer.close()
    expect(call).toContain(`127.0.0.1:${peer.port}`)
  })

  it.each([
    ['the Node of the machine', 'node'],
    ['the Node that is pinned', `'${process.execPath}'`],
  ])('--help on %s names the flags and the command for other ports, and a wrong flag is an error', async (_, node) => {
    const help = start(`${node} scripts/start.mjs --help`)
    expect([await help.ended, help.said()]).toEqual([
      0,
      expect.stringMatching(/npm start -- --listen udp:\/\/127.0.0.1:5062 .*--log-level <level>/s),
    ])
    const wrong = start(`${node} scripts/start.mjs --bogus`)
    expect([await wrong.ended, wrong.said()]).toEqual([2, "error: unknown option '--bogus'\n"])
  })

  it('--help needs nothing that npm installs', async () => {
    const bare = join(folder, 'bare')
    mkdirSync(bare)
    cpSync(join(ROOT, 'scripts'), join(bare, 'scripts'), { recursive: true })
    cpSync(join(ROOT, 'package-lock.json'), join(bare, 'package-lock.json'))
    const help = start(`node '${bare}/scripts/start.mjs' --help`)
    expect([await help.ended, help.said()]).toEqual([
      0,
      expect.stringMatching(/^Usage: npm start.*listed here once the first npm start has set up\.\n$/s),
    ])
  })

  it.each([['warn'], ['silent']])('refuses --log-level %s, with which it would be mute', async (level) => {
    const demo = start(`npm start -- --rules ${folder} ${free} --log-level ${level}`)
    expect(await demo.ended).toBe(2)
    expect(demo.said()).toContain(`npm run -s sip-dispatch -- standalone --rules ${folder} --log-level ${level}\n`)
  })

  it.each([
    ['SIP', (port: number) => `--listen udp://127.0.0.1:${port} --http 127.0.0.1:0`],
    ['the metrics', (port: number) => `--listen udp://127.0.0.1:0 --http 127.0.0.1:${port}`],
  ])('where the port of %s is taken, it prints a command that takes another', async (_, flags) => {
    const taken = createSocket('udp4').bind(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address()
    const web = createServer().listen(port, '127.0.0.1')
    await once(web, 'listening')
    const refused = start(`npm start -- --rules ${folder} ${flags(port)}`)
    expect(await refused.ended).toBe(1)
    const [, command = ''] = /To take another port:\n {2}(npm start -- .*)\n/.exec(refused.said()) ?? []
    const demo = start(command)
    await says(demo, /Still serving/)
    expect(demo.said()).toContain(`lint ${folder}`)
    await demo.stop()
    taken.close()
    web.close()
  })
})
