import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from '@jest/globals'

const LOGGER = new URL('../../../../ingress/log/logger.ts', import.meta.url).href

async function run(program: string): Promise<{ code: unknown; output: string }> {
  const source = `import { createLogger } from ${JSON.stringify(LOGGER)}\n${program}`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return { code, output }
}

describe('a logger on standard output', () => {
  it('has written every line when the process ends', async () => {
    const { code, output } = await run(
      "const log = createLogger('info'); for (let i = 0; i < 500; i++) log.info({ i }, 'x')",
    )
    expect(code).toBe(0)
    expect(output.split('\n').filter((line) => line !== '')).toHaveLength(500)
  })

  it.each(['', 'process.exit()', "throw new Error('x')"])(
    'has written every line of a call when the process ends: %s',
    async (end) => {
      const { output } = await run(
        `const log = createLogger('info'); for (let i = 0; i < 50; i++) log.writeInfo(\`"i":\${i}\`, 'x');${end}`,
      )
      const lines = output.split('\n').filter((line) => line !== '')
      expect(lines.map((line) => JSON.parse(line).i)).toEqual(Array.from({ length: 50 }, (_, i) => i))
    },
  )

  it('writes one line by any reckoning, whatever a value holds, and the value can be read from it', async () => {
    const value = 'a\u0085b\u2028c\u2029d\u009b31me\u001b[2Jf\u202eg\u200bh\u007f\r\n'
    const { output } = await run(`createLogger('info').info({ value: ${JSON.stringify(value)} }, 'x')`)
    expect(output).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+\n$/u)
    expect(JSON.parse(output)).toMatchObject({ value, msg: 'x' })
  })

  it('loses lines beyond its buffer instead of memory, and says how many', async () => {
    const program = `const log = createLogger('info')
const value = 'x'.repeat(1000)
for (let i = 0; i < 10_000; i++) log.info({ value }, 'x')`
    const { output } = await run(program)
    const lines: { lost?: number; msg: string }[] = output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
    const lost = lines.find(({ msg }) => msg === 'log lines lost')?.lost
    expect(lost).toBeGreaterThan(0)
    expect(lines.length - 1 + (lost ?? 0)).toBe(10_000)
  })
})
