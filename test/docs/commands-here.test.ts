/** Commands of the documentation that need no cluster, as they stand there but for ports, addresses and folders. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { eventually } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { type LogLine, type ServingProcess, startServingProcess } from '../support/serving-process.ts'
import { ROOT, readPage } from './commands-of-page.ts'
import { readersFolder, removeFolder, type Shell, startShell } from './commands-shell.ts'
import { commandsRunBy } from './commands-table.ts'

const TEST_LIMIT_MS = 600_000

/** What differs from the documentation. Nobody listens on port 1. */
const ADAPTED: readonly (readonly [RegExp, string])[] = [
  [/^npm run -s sip-dispatch -- /, 'sip-dispatch '],
  [/(udp|tcp):\/\/[\d.]+:5060/g, '$1://127.0.0.1:0'],
  [/127\.0\.0\.1:9090/g, '127.0.0.1:0'],
  [/(rediss?):\/\/cache:6379/g, '$1://127.0.0.1:1'],
  [/tcp:\/\/127\.0\.0\.1:9022/g, 'tcp://127.0.0.1:1'],
  [/\/etc\/sip-dispatch\/keys/g, 'keys'],
  [/\/var\/lib\/sip-dispatch\/table/g, 'table'],
  [/\/etc\/drachtio\/secret/g, 'secret'],
  [/…$/, '--cache redis://127.0.0.1:1'],
]

const adapted = (command: string): string =>
  ADAPTED.reduce((text, [documented, here]) => text.replace(documented, here), command)

let folder = ''
let shell: Shell | undefined

beforeAll(() => {
  folder = readersFolder()
})

afterEach(async () => {
  await shell?.stop()
  shell = undefined
})

afterAll(() => removeFolder(folder))

/** Starts it as the reader does; `exec` makes the shell's exit code its own. */
function start(command: string): Shell {
  const environment = { HOME: folder, SIP_DISPATCH_HTTP: '127.0.0.1:0' }
  shell = startShell(`exec ${adapted(command)}`, { folder, path: [join(folder, 'bin')], environment })
  return shell
}

describe('a documented command', () => {
  it.each(commandsRunBy('run'))('%s does what it is for', async (command) => {
    const { ended, said } = start(command)
    expect({ code: await ended, said: said() }).toMatchObject({ code: 0, said: expect.not.stringMatching(/^error/m) })
  })
})

/** The lines of its log; what is no JSON is none. */
const loggedBy = ({ said }: Shell): LogLine[] =>
  said()
    .split('\n')
    .flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line)] : []))

describe('a documented way to serve', () => {
  it.each(commandsRunBy('serve'))(
    '%s starts, answers and ends when told',
    async (command) => {
      const running = start(command)
      const started = await eventually(
        () => loggedBy(running).find(({ msg }) => msg === 'serving' || msg === 'operator started'),
        () => running.said(),
      )
      const statusOf = async (page: string): Promise<number> =>
        (await fetch(`${String(started['http'])}/${page}`)).status
      expect(await statusOf('livez')).toBe(200)
      expect(await statusOf('readyz')).toBe(command.includes('standalone') ? 200 : 503)
      expect(await running.stop()).toBe(0)
    },
    TEST_LIMIT_MS,
  )
})

describe('the demo', () => {
  it.each(commandsRunBy('demo'))(
    '%s makes three calls and draws them, then goes on until it is stopped',
    async (command) => {
      const free = '--listen udp://127.0.0.1:0 --listen tcp://127.0.0.1:0 --http 127.0.0.1:0'
      shell = startShell(`exec ${command} -- ${free}`, { folder: ROOT })
      const { said, child } = shell
      await eventually(
        () => /Still serving/.test(said()) || child.exitCode !== null || undefined,
        () => said(),
      )
      expect(said()).toMatch(/outcome forwarded, status 200.*outcome no_rule, status 503.*outcome auth_drop/s)
      expect(child.exitCode).toBeNull()
      await shell.stop()
    },
    TEST_LIMIT_MS,
  )
})

describeWith(['sipp'], 'the call of the README while npm start runs', () => {
  let ingress: ServingProcess

  beforeAll(async () => {
    cpSync(join(ROOT, 'examples/standalone'), join(folder, 'standalone'), { recursive: true })
    ingress = await startServingProcess(['standalone', '--rules', join(folder, 'standalone')])
  })

  afterAll(() => ingress.stop())

  it.each(commandsRunBy('call'))(
    '%s gets the status of the rule, and the new one as soon as the file has it',
    async (command) => {
      expect(readPage('README.md')).toContain(
        'change `status: 403` in `examples/standalone/rules.yaml` to `status: 404`',
      )
      const call = (): Promise<number | null> =>
        startShell(`exec ${command.replace(':5060', `:${ingress.udp}`)}`, { folder }).ended
      const refused = (status: string) => ({ outcome: 'rejected', trunk: 'default/local', status })
      await call()
      await ingress.counted('sip_dispatch_invites_total', refused('403'), 1)
      const file = join(folder, 'standalone/rules.yaml')
      writeFileSync(file, readFileSync(file, 'utf8').replace('status: 403', 'status: 404'))
      await ingress.said(({ msg, version }) => msg === 'route table changed' && Number(version) > 1)
      await call()
      await ingress.counted('sip_dispatch_invites_total', refused('404'), 1)
      expect(await ingress.count('sip_dispatch_invites_total', refused('403'))).toBe(1)
    },
    TEST_LIMIT_MS,
  )
})

describeWith(['sipp'], 'the first rule of the README', () => {
  it(
    'answers the first call, as it stands there',
    async () => {
      const [serve = '', call = ''] = commandsRunBy('first')
      const running = start(serve.replace(':5070', ':0').replace('127.0.0.1:9091', '127.0.0.1:0'))
      const { listening } = await eventually(
        () => loggedBy(running).find(({ msg }) => msg === 'serving'),
        () => running.said(),
      )
      const [, port] = /^udp:\/\/127\.0\.0\.1:(\d+)$/.exec(String(listening)) ?? []
      const caller = startShell(`exec ${call.replace(':5070', `:${port}`)} -nostdin`, {
        folder,
        environment: { TERM: 'dumb' },
      })
      await caller.ended
      expect(readPage('README.md')).toContain('sipp shows `486 My First Rule`')
      expect(caller.said()).toContain('486 My First Rule')
      expect(await running.stop()).toBe(0)
    },
    TEST_LIMIT_MS,
  )
})
