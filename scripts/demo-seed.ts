/**
 * Shows the call that gave rise to this project, twice: on the left as it was reported for another system, on the right as the
 * real command answers it now, each with the log line of its system.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { makeCall } from './demo-call.ts'
import { drawNotes, type LadderNote, sideBySide } from './sip-ladder.ts'

/** livekit/sip, pull request 696: the times measured there, in milliseconds after the INVITE. */
const REPORTED: readonly LadderNote[] = [
  { at: 0, to: 'right', title: 'INVITE' },
  { at: 5, to: 'left', title: '100 Trying' },
  { at: 15, to: 'left', title: '180 Ringing' },
  { at: 77, title: 'decides: no rule matches' },
  { at: 77, title: 'sends nothing' },
  { at: 13_100, to: 'right', title: 'CANCEL: caller gives up' },
]
const REPORTED_LOG = 'log: "486 flood", a response that was never sent'

/** A number for which examples/standalone has no rule. */
const NUMBER = '+4930123456'

type LogLine = Readonly<Record<string, unknown>>

const child = spawn(
  process.execPath,
  [
    'cli/sip-dispatch.ts',
    'standalone',
    '--rules',
    'examples/standalone',
    '--listen',
    'udp://127.0.0.1:0',
    '--http',
    '127.0.0.1:0',
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
const lines = createInterface(child.stdout)
try {
  const serving = await line(({ msg }) => msg === 'serving')
  const port = Number(/:(\d+)$/.exec(String(serving['listening']))?.[1])
  const decided = line(({ msg }) => msg === 'call decided')
  const { arrows } = await makeCall(
    { called: NUMBER, from: '127.0.0.1', ingress: { host: '127.0.0.1', port }, expects: 'answer' },
    performance.now(),
  )
  const { outcome, status, trunk, reason } = await decided
  const notes = arrows.map(({ at, to, title }): LadderNote => ({ at, to: to === 'caller' ? 'left' : 'right', title }))
  print(sideBySide(drawNotes('as it was reported', REPORTED), drawNotes('sip-dispatch', notes)))
  print(`\n${REPORTED_LOG}`)
  print(`log: ${JSON.stringify({ outcome, status, trunk, reason })}`)
} finally {
  child.kill('SIGINT')
}

/** The first line of the log for which `holds` is true. */
function line(holds: (line: LogLine) => boolean): Promise<LogLine> {
  return new Promise((resolve, reject) => {
    lines.on('line', (text) => {
      const parsed: LogLine = JSON.parse(text)
      if (holds(parsed)) resolve(parsed)
    })
    child.once('exit', (code) => reject(new Error(`sip-dispatch ended with ${code} before the call was over`)))
  })
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
