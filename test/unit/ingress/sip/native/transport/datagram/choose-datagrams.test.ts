import { spawn } from 'node:child_process'
import { json } from 'node:stream/consumers'
import { describe, expect, it } from '@jest/globals'
import { chooseDatagrams } from '../../../../../../../ingress/sip/native/transport/datagram/choose-datagrams.ts'
import { faultyCalls } from './faulty-calls.ts'

const MODULE = new URL(
  '../../../../../../../ingress/sip/native/transport/datagram/choose-datagrams.ts',
  import.meta.url,
).href

const neverFalls = (reason: string) => {
  throw new Error(reason)
}

/** System calls of which one does not work here. */
async function withoutReceiving() {
  const calls = await faultyCalls()
  calls.fail('recvmmsg', 'ENOSYS', Number.POSITIVE_INFINITY)
  return calls
}

/** What a Node of its own chooses, with these flags of Node, in its main thread or in a worker. */
async function chosenByNode(flags: readonly string[], where: 'main' | 'worker'): Promise<unknown> {
  const choose = `
    const { chooseDatagrams } = await import(${JSON.stringify(MODULE)})
    const { sockets, reason } = await chooseDatagrams('auto', () => undefined)
    process.stdout.write(JSON.stringify({ kind: sockets.kind, reason }))`
  const code = where === 'main' ? choose : inWorker(choose)
  const child = spawn(process.execPath, [...flags, '--input-type=module', '--eval', code], {
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return json(child.stdout)
}

const inWorker = (code: string) => `
  import { Worker } from 'node:worker_threads'
  const url = 'data:text/javascript,' + ${JSON.stringify(encodeURIComponent(code))}
  new Worker(new URL(url))`

describe('the choice of datagram sockets', () => {
  it('auto: batched where they work', async () => {
    const { sockets, reason } = await chooseDatagrams('auto', neverFalls)
    expect({ kind: sockets.kind, reason }).toEqual({ kind: 'batched', reason: undefined })
  })

  it('node: loads no library', async () => {
    const load = () => Promise.reject(new Error('loaded'))
    const { sockets, reason } = await chooseDatagrams('node', neverFalls, load)
    expect({ kind: sockets.kind, reason }).toEqual({ kind: 'node', reason: undefined })
  })

  it('auto: node:dgram and the reason where the check at the start fails', async () => {
    const fallBacks: string[] = []
    const { sockets, reason } = await chooseDatagrams('auto', (code) => fallBacks.push(code), withoutReceiving)
    expect({ kind: sockets.kind, reason }).toEqual({ kind: 'node', reason: 'a system call has failed with ENOSYS' })
    expect(fallBacks).toEqual([])
  })

  it('batched: refuses, and says why and what to do', async () => {
    await expect(chooseDatagrams('batched', () => undefined, withoutReceiving)).rejects.toMatchObject({
      code: 'batched-datagrams-unavailable',
      message:
        'batched datagrams cannot be used here: a system call has failed with ENOSYS; use --datagrams auto or --datagrams node',
    })
  })

  it('auto: node:dgram where Node may not load native libraries', async () => {
    expect(await chosenByNode(['--no-addons'], 'main')).toMatchObject({
      kind: 'node',
      reason: expect.stringMatching(/addon/i),
    })
  })

  it('auto: node:dgram in a worker, whose event loop is another one', async () => {
    expect(await chosenByNode([], 'worker')).toEqual({
      kind: 'node',
      reason: 'they need the event loop of the main thread',
    })
  })
})
