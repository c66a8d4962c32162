import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { LINES_WAIT_MS, MAX_BATCH_CHARACTERS } from '../../../../ingress/log/limits.ts'
import { createLineBatch, openOutput } from '../../../../ingress/log/line-batch.ts'

async function openedBatch() {
  const file = join(mkdtempSync(join(tmpdir(), 'sip-dispatch-lines-')), 'log')
  const output = openOutput(file)
  await once(output, 'ready')
  let writes = 0
  output.on('write', () => {
    writes++
  })
  const close = async (): Promise<void> => {
    output.end()
    await once(output, 'close')
  }
  return { output, batch: createLineBatch(output), text: () => readFileSync(file, 'utf8'), writes: () => writes, close }
}

describe('a batch of lines', () => {
  it('writes lines together after a moment, even if no line follows', async () => {
    const { output, batch, text, writes, close } = await openedBatch()
    for (let i = 0; i < 5; i++) batch.add(`${i}\n`)
    expect(text()).toBe('')
    await once(output, 'drain')
    expect([text(), writes()]).toEqual(['0\n1\n2\n3\n4\n', 1])
    await close()
  })

  it('writes a line that must not wait at once, behind those that wait', async () => {
    const { output, batch, text, writes, close } = await openedBatch()
    batch.add('call\n')
    batch.write('fault\n')
    await once(output, 'drain')
    expect([text(), writes()]).toEqual(['call\nfault\n', 1])
    await close()
  })

  it('writes also what comes while it writes', async () => {
    const { output, batch, text, close } = await openedBatch()
    batch.write('first\n')
    batch.write('second\n')
    batch.add('third\n')
    while (!text().endsWith('third\n')) await once(output, 'drain')
    expect(text()).toBe('first\nsecond\nthird\n')
    await close()
  })

  it('does not wait when many lines come', async () => {
    const { output, batch, text, close } = await openedBatch()
    const line = `${'x'.repeat(1023)}\n`
    for (let at = 0; at < MAX_BATCH_CHARACTERS; at += line.length) batch.add(line)
    await once(output, 'drain')
    expect(text()).toHaveLength(MAX_BATCH_CHARACTERS)
    await close()
  })

  it('writes what waits when it is closed', async () => {
    const { batch, text, close } = await openedBatch()
    batch.add('last\n')
    await close()
    await pause(LINES_WAIT_MS * 2)
    expect(text()).toBe('last\n')
  })
})
