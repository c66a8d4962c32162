import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { afterEach, describe, expect, it } from '@jest/globals'
import { dispatchRule, sipTrunk } from '../support/manifest-text.ts'
import { requestText, statusOf } from '../support/sip-text.ts'
import { type StandaloneProcess, startStandalone } from '../support/standalone-process.ts'
import { type DatagramPeer, openDatagramPeer } from '../support/wire-socket.ts'

const NUMBER = '+15550000902'
const GONE = { type: 'Reject', reject: { status: 404, reason: 'Not Found' } }

describe('a process that serves', () => {
  let ingress: StandaloneProcess
  let caller: DatagramPeer

  afterEach(async () => {
    caller.close()
    await ingress.stop()
  })

  async function call(branch: string): Promise<number> {
    const via = `SIP/2.0/UDP 127.0.0.1:${caller.port};branch=z9hG4bK-${branch}`
    await caller.send(requestText({ via, uri: `sip:${NUMBER}@127.0.0.1`, callId: branch }), ingress.udp)
    return statusOf(await caller.answer((answer) => answer.includes(`Call-ID: ${branch}`) && statusOf(answer) >= 200))
  }

  it.each(['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE'] as const)(
    'goes on at %s, and opens no debugger',
    async (signal) => {
      caller = await openDatagramPeer('127.0.0.1')
      const manifests = [sipTrunk('carrier', { sources: ['127.0.0.1'] }), dispatchRule('gone', NUMBER, GONE)]
      ingress = await startStandalone({ manifests })
      let errors = ''
      ingress.child.stderr?.on('data', (said) => {
        errors += String(said)
      })
      for (const n of [1, 2, 3]) {
        ingress.child.kill(signal)
        expect(await call(`${signal}-${n}`)).toBe(404)
      }
      expect(await ingress.stop('SIGTERM')).toEqual([0, null])
      expect(errors).toBe('')
    },
  )
})

/** A process that hangs while it starts, as it would over a file system that does not answer. */
function hanging(signal: string): ReturnType<typeof spawn> {
  const program = `
    import { takeSignals, serveUntilStopped } from './cli/stop-signal.ts'
    takeSignals()
    setInterval(() => undefined, 1000)
    const serving = serveUntilStopped(() => new Promise(() => undefined), async () => undefined)
    process.kill(process.pid, '${signal}')
    await serving
  `
  return spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], { stdio: 'ignore' })
}

describe('a process that hangs while it starts', () => {
  it.each(['SIGTERM', 'SIGINT'])('ends at %s', async (signal) => {
    expect(await once(hanging(signal), 'exit')).toEqual([0, null])
  })
})

describe('a process that has not begun to serve', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('ends by %s', async (signal) => {
    const program = `import { takeSignals } from './cli/stop-signal.ts'; takeSignals(); setInterval(() => undefined, 1000)
      process.stdout.write('ready')`
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const exited = once(child, 'exit')
    await once(child.stdout, 'data')
    child.kill(signal)
    expect(await exited).toEqual([null, signal])
  })
})
