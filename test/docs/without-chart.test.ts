/** The commands for a cluster without the chart, run as they stand in docs/command-line.md against a real API server. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { delimiter } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { findKubernetesParts } from '../../scripts/kubernetes-parts.mjs'
import { userShell } from '../support/config.ts'
import { type PrivateKubernetesApi, startKubernetesApi } from '../support/kubernetes-api.ts'
import { callNumber } from '../support/one-call.ts'
import { eventually } from '../support/operator-process.ts'
import { describeWith } from '../support/real-part.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import type { LogLine } from '../support/serving-process.ts'

const TEST_LIMIT_MS = 600_000

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The shell blocks of a section of the page: their commands. */
function commandsOf(section: string): string[] {
  const [, text = ''] = readFileSync(`${ROOT}docs/command-line.md`, 'utf8').split(`\n## ${section}\n`)
  const [own = ''] = text.split('\n## ')
  return [...own.matchAll(/```sh\n([^`]*)```/g)].flatMap(([, block = '']) => block.trim().split('\n'))
}

interface Shell {
  readonly child: ChildProcess
  readonly lines: string[]
}

describeWith(['kubernetes', 'redis'], 'a cluster without the chart, from a checkout to a rule that answers', () => {
  let api: PrivateKubernetesApi
  let redis: RedisServer
  const shells: Shell[] = []

  beforeAll(async () => {
    ;[api, redis] = await Promise.all([startKubernetesApi({}), startRedisServer()])
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    for (const { child } of shells) await stopGroup(child)
    await redis.stop()
    await api.stop()
  }, TEST_LIMIT_MS)

  /** Starts a command in a shell of its own; only ports differ from what the page says. */
  function start(command: string): Shell {
    const text = command.replace('redis://127.0.0.1:6379', redis.url).replace(':5060', ':0')
    const { folder = '' } = findKubernetesParts()
    const { path, home } = userShell()
    const environment = { PATH: [folder, ...path].join(delimiter), HOME: home, KUBECONFIG: api.kubeconfig }
    const child = spawn('sh', ['-c', text], {
      ...{ cwd: ROOT, detached: true, env: { ...environment, SIP_DISPATCH_HTTP: '127.0.0.1:0' } },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const shell = { child, lines: [] as string[] }
    createInterface(child.stdout).on('line', (line) => shell.lines.push(line))
    createInterface(child.stderr).on('line', (line) => shell.lines.push(line))
    shells.push(shell)
    return shell
  }

  async function run(command: string): Promise<string> {
    const shell = start(command)
    await once(shell.child, 'close')
    expect({ command, code: shell.child.exitCode, said: shell.lines }).toMatchObject({ code: 0 })
    return shell.lines.join('\n')
  }

  /** A line of its log; what is no JSON is none. */
  function said({ lines }: Shell, message: string): Promise<LogLine> {
    const logged = (): LogLine[] => lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
    return eventually(
      () => logged().find(({ msg }) => msg === message),
      () => lines.join('\n'),
    )
  }

  it(
    'works as it is written',
    async () => {
      const commands = commandsOf('On a cluster without the chart')
      expect(commands).toHaveLength(6)
      const [crds = '', operator = '', ingress = '', apply = '', wait = '', get = ''] = commands
      await run(crds)
      await said(start(operator), 'operator started')
      const { listening } = await said(start(ingress), 'listening')
      await run(apply)
      await run(wait)
      expect(await run(get)).toMatch(/premium-numbers .* True +Ready /)
      const [, port] = /^udp:\/\/127\.0\.0\.1:(\d+)$/.exec(String(listening)) ?? []
      expect(await callNumber('+19005550100', Number(port))).toBe(403)
    },
    TEST_LIMIT_MS,
  )
})

async function stopGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  process.kill(-child.pid, 'SIGINT')
  await once(child, 'close')
}
