import { endOnError, runInForeground, stopCommandsOnSignal } from './command.mjs'
import { nodeOfPackages, setUpPackages } from './set-up.mjs'

const HELP = `Usage: npm start -- [flags]

Serves examples/standalone, makes three demo calls and draws them. Then it goes on until Ctrl-C, and
tells what changes in the rules, what is wrong with them and where, and each call in a line.

It takes SIP on 127.0.0.1:5060 (UDP and TCP) and shows metrics on http://127.0.0.1:9090/metrics; the
backend of the demo is on UDP 127.0.0.1:5090. Where a port is taken, take another:

  npm start -- --listen udp://127.0.0.1:5062 --listen tcp://127.0.0.1:5062 --http 127.0.0.1:9091

The flags are those of 'sip-dispatch standalone'`

stopCommandsOnSignal()
const args = process.argv.slice(2)
process.exitCode = await (args.some((arg) => arg === '--help' || arg === '-h') ? help() : start()).catch(endOnError)

async function start() {
  const node = await setUpPackages()
  return await runInForeground([node, 'scripts/demo.ts', ...args])
}

/** Help installs nothing. Before the first start it cannot list the flags: their list comes with the packages. */
async function help() {
  const node = nodeOfPackages()
  console.log(node === undefined ? `${HELP}, and are listed here once the first npm start has set up.` : `${HELP}:\n`)
  return node === undefined ? 0 : await runInForeground([node, 'cli/sip-dispatch.ts', 'standalone', '--help'])
}
