/**
 * Measures the first calls of a process: `decisionMs` of the first calls of fresh `sip-dispatch standalone` processes.
 *
 * Run: npx node bench/first-calls.ts [--starts N]
 *
 * The calls of a process begin when it is ready and come one after the other. In one half of the processes a rule refuses each
 * call; in the other half each call goes to a backend that does not exist. The rules are those of examples/standalone.
 */
import process from 'node:process'
import { parseArgs } from 'node:util'
import { type ServingProcess, startServingProcess } from '../test/support/serving-process.ts'
import { requestText } from '../test/support/sip-text.ts'
import { openDatagramPeer } from '../test/support/wire-socket.ts'
import { spanText } from './figures-table.ts'

const { values } = parseArgs({ options: { starts: { type: 'string', default: '11' } } })
const STARTS = Number(values.starts)
const CALLS = 20
/** The calls that have a column, counted from 1. */
const SHOWN = [1, 2, 3, 5, 10, CALLS]
const READY_LOOK_MS = 10
const KINDS = [
  { name: 'refused by a rule', called: '+19005550100' },
  { name: 'routed', called: '+15551234567' },
]

async function ready(ingress: ServingProcess): Promise<void> {
  while ((await ingress.readiness())[0] !== 200) await new Promise((resolve) => setTimeout(resolve, READY_LOOK_MS))
}

/** `decisionMs` of each call of one process, in the order of the calls. */
async function firstCalls(called: string): Promise<number[]> {
  const ingress = await startServingProcess(['standalone', '--rules', 'examples/standalone'])
  const peer = await openDatagramPeer('127.0.0.1')
  const decided: number[] = []
  try {
    await ready(ingress)
    for (let i = 0; i < CALLS; i++) {
      const callId = `first-${i}`
      const via = `SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bKfirst${i}`
      const invite = requestText({
        uri: `sip:${called}@127.0.0.1`,
        via,
        callId,
        from: '<sip:+14155550100@127.0.0.1>;tag=f',
      })
      await peer.send(invite, ingress.udp)
      const line = await ingress.said(({ msg, callId: told }) => msg === 'call decided' && told === callId)
      decided.push(Number(line['decisionMs']))
    }
    return decided
  } finally {
    peer.close()
    await ingress.stop()
  }
}

const rows: string[] = []
for (const { name, called } of KINDS) {
  const runs: number[][] = []
  for (let i = 0; i < STARTS; i++) {
    runs.push(await firstCalls(called))
    process.stderr.write(`${name}: ${i + 1} of ${STARTS}\n`)
  }
  const cells = SHOWN.map((call) =>
    spanText(
      runs.map((run) => run[call - 1] ?? Number.NaN),
      3,
    ),
  )
  rows.push(
    `| ${name} | ${cells.join(' | ')} | ${spanText(
      runs.map((run) => Math.max(...run)),
      3,
    )} |`,
  )
}
const head = [`decisionMs, ${STARTS} starts`, ...SHOWN.map((call) => `call ${call}`), `highest of ${CALLS}`]
process.stdout.write(`| ${head.join(' | ')} |\n|${'---|'.repeat(head.length)}\n${rows.join('\n')}\n`)
