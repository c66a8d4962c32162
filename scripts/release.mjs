import { endOnError, runInForeground, stopCommandsOnSignal } from './command.mjs'
import { setUpPackages } from './set-up.mjs'

stopCommandsOnSignal()
const node = await setUpPackages().catch(endOnError)
process.exitCode = await runInForeground([node, 'scripts/release/release.ts', ...process.argv.slice(2)])
