/** The measurements of the documentation, at their shortest: that they run, not what they measure. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, it, jest } from '@jest/globals'
import { userShell } from '../support/config.ts'
import { ROOT } from './commands-of-page.ts'
import { startShell } from './commands-shell.ts'
import { commandsRunBy } from './commands-table.ts'

const TEST_LIMIT_MS = 180_000

/** On a machine that is busy with other tests the load generator can be late, which a measurement refuses to measure. */
const MORE_ATTEMPTS = 2

jest.retryTimes(MORE_ATTEMPTS)

/** Without Kamailio: what it is compared with is not what is documented here. */
function pathWithoutKamailio(): string {
  const { path } = userShell()
  return path.filter((folder) => !existsSync(join(folder, 'kamailio'))).join(delimiter)
}

describe('a documented measurement', () => {
  it.each(commandsRunBy('bench'))(
    '%s prints its tables',
    async (command) => {
      const shortest = command.includes('-call.ts') ? `${command} --quick --rules 10` : command
      const { ended, said } = startShell(shortest, { folder: ROOT, environment: { PATH: pathWithoutKamailio() } })
      expect({ code: await ended, said: said() }).toMatchObject({ code: 0, said: expect.stringMatching(/\| *-+ *\|/) })
    },
    TEST_LIMIT_MS,
  )
})
