/** The measurements of the documentation, at their shortest: that they run, not what they measure. */
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, expect, it, jest } from '@jest/globals'
import { userShell } from '../support/config.ts'
import { describeWith } from '../support/real-part.ts'
import { ROOT } from './commands-of-page.ts'
import { startShell } from './commands-shell.ts'
import { commandsRunBy } from './commands-table.ts'

const TEST_LIMIT_MS = 600_000

/** On a machine that is busy with other tests the load generator can be late, which a measurement refuses to measure. */
const MORE_ATTEMPTS = 2

jest.retryTimes(MORE_ATTEMPTS)

/** Without Kamailio: what it is compared with is not what is documented here. */
function pathWithoutKamailio(): string {
  const { path } = userShell()
  return path.filter((folder) => !existsSync(join(folder, 'kamailio'))).join(delimiter)
}

const commands = commandsRunBy('bench')
const onCluster = commands.filter((command) => command.includes('propagation.ts'))

/** Its exit code, and all that it says. */
async function run(command: string, flags: string) {
  const environment = { PATH: pathWithoutKamailio() }
  const { ended, said } = startShell(`${command} ${flags}`, { folder: ROOT, environment })
  return { code: await ended, said: said() }
}

/** With the whole core, because a cgroup takes root. */
const SHORTEST_OVERLOAD = '--share 1 --seconds 1 --settle 1 --factors 0.5 --calls refused --rules 10'

const WITH_A_TABLE = { code: 0, said: expect.stringMatching(/\| *-+ *\|/) }

function shortestFlags(command: string): string {
  if (command.includes('reload.ts')) return '--rules 10 --rounds 1 --seconds 1'
  if (command.includes('first-calls.ts')) return '--starts 1'
  if (command.includes('two-checkouts.ts')) return '--rounds 1 --seconds 1 --settle 1 --rules 10'
  if (command.includes('engine.ts')) return '--rounds 1 --calls 100 --warm-up 200 --rules 20'
  if (command.includes('overload.ts')) return `${SHORTEST_OVERLOAD} --svg ${tmpdir()}`
  return command.includes('-call.ts') ? '--quick --rules 10' : ''
}

describe('a documented measurement', () => {
  it.each(commands.filter((command) => !onCluster.includes(command)))(
    '%s prints its tables',
    async (command) => {
      expect(await run(command, shortestFlags(command))).toMatchObject(WITH_A_TABLE)
    },
    TEST_LIMIT_MS,
  )
})

describeWith(['kubernetes', 'redis'], 'a documented measurement on a cluster', () => {
  it.each(onCluster)(
    '%s prints its table',
    async (command) => {
      const shortest = '--rules 30 --readers 3 --warm-up-seconds 0 --changes 2'
      expect(await run(command, shortest)).toMatchObject(WITH_A_TABLE)
    },
    TEST_LIMIT_MS,
  )
})
