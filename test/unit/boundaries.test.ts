import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

/** A small tree of the real layout, in which everything that is imported is there. */
const SKELETON = [
  'crds/schema/sip-trunk.ts',
  'operator/main.ts',
  'operator/compile/compile.ts',
  'operator/watch/reflector.ts',
  'ingress/main.ts',
  'ingress/address/ip-address.ts',
  'ingress/route-table/route-table.ts',
  'ingress/lookup/match.ts',
  'ingress/resolve/name-resolver.ts',
  'ingress/call/handle-invite.ts',
  'ingress/log/call-log.ts',
  'ingress/metrics/registry.ts',
  'ingress/time/clock.ts',
  'ingress/replica/table-follower.ts',
  'ingress/cache-connection/cache-client.ts',
  'ingress/sip/limits.ts',
  'ingress/sip/port/engine.ts',
  'ingress/sip/message/parse.ts',
  'ingress/sip/proxy/branch-table.ts',
  'ingress/sip/drachtio/server-link.ts',
  'ingress/sip/native/calls.ts',
  'ingress/sip/native/transaction/timers.ts',
  'ingress/sip/native/transport/transport.ts',
  'ingress/sip/native/transport/udp.ts',
  'cli/sip-dispatch.ts',
  'test/support/fake.ts',
]

/** For each rule an import that breaks it. */
const PLANTED = [
  { rule: 'crds-is-a-leaf', from: 'crds/schema/planted.ts', to: 'ingress/route-table/route-table.ts' },
  { rule: 'ingress-stands-alone', from: 'ingress/planted.ts', to: 'crds/schema/sip-trunk.ts' },
  { rule: 'operator-sees-only-the-route-table', from: 'operator/planted.ts', to: 'ingress/lookup/match.ts' },
  { rule: 'address-is-a-leaf', from: 'ingress/address/planted.ts', to: 'ingress/sip/limits.ts' },
  { rule: 'files-is-a-leaf', from: 'ingress/files/planted.ts', to: 'ingress/address/ip-address.ts' },
  { rule: 'text-is-a-leaf', from: 'ingress/text/planted.ts', to: 'node:fs' },
  { rule: 'route-table-is-a-leaf', from: 'ingress/route-table/planted.ts', to: 'ingress/lookup/match.ts' },
  { rule: 'cache-connection-is-a-leaf', from: 'ingress/cache-connection/planted.ts', to: 'ingress/lookup/match.ts' },
  { rule: 'resolve-is-a-leaf', from: 'ingress/resolve/planted.ts', to: 'ingress/lookup/match.ts' },
  { rule: 'dns-only-in-resolve', from: 'ingress/call/planted-dns.ts', to: 'dns-packet' },
  { rule: 'sip-knows-no-routes', from: 'ingress/sip/planted.ts', to: 'ingress/route-table/route-table.ts' },
  { rule: 'time-is-a-leaf', from: 'ingress/time/planted.ts', to: 'ingress/sip/limits.ts' },
  { rule: 'port-stands-alone', from: 'ingress/sip/port/planted.ts', to: 'ingress/sip/proxy/branch-table.ts' },
  { rule: 'proxy-is-for-both-engines', from: 'ingress/sip/proxy/planted.ts', to: 'ingress/sip/native/calls.ts' },
  { rule: 'native-not-drachtio', from: 'ingress/sip/native/planted.ts', to: 'ingress/sip/drachtio/server-link.ts' },
  { rule: 'drachtio-not-native', from: 'ingress/sip/drachtio/planted.ts', to: 'ingress/sip/native/calls.ts' },
  { rule: 'message-stands-alone', from: 'ingress/sip/message/planted.ts', to: 'ingress/sip/port/engine.ts' },
  {
    rule: 'transaction-not-transport',
    from: 'ingress/sip/native/transaction/planted.ts',
    to: 'ingress/sip/native/transport/udp.ts',
  },
  {
    rule: 'backend-health-knows-no-calls',
    from: 'ingress/backend-health/planted.ts',
    to: 'ingress/call/handle-invite.ts',
  },
  { rule: 'lookup-not-sip', from: 'ingress/lookup/planted.ts', to: 'ingress/sip/port/engine.ts' },
  { rule: 'limit-stands-alone', from: 'ingress/limit/planted.ts', to: 'ingress/replica/table-follower.ts' },
  { rule: 'lookup-not-replica', from: 'ingress/lookup/planted-replica.ts', to: 'ingress/replica/table-follower.ts' },
  {
    rule: 'cache-only-in-replica',
    from: 'ingress/call/planted-cache.ts',
    to: 'ingress/cache-connection/cache-client.ts',
  },
  { rule: 'redis-only-at-the-cache', from: 'ingress/serve/planted-redis.ts', to: '@redis/client' },
  { rule: 'metrics-is-the-end-of-the-pipe', from: 'ingress/call/planted.ts', to: 'ingress/metrics/registry.ts' },
  { rule: 'compile-stands-alone', from: 'operator/compile/planted.ts', to: 'operator/watch/reflector.ts' },
  { rule: 'compile-stands-alone', from: 'operator/compile/planted-library.ts', to: 'some-library' },
  { rule: 'pure-stages-do-no-io', from: 'ingress/sip/native/transaction/planted-io.ts', to: 'node:fs' },
  { rule: 'pure-stages-do-no-io', from: 'ingress/sip/proxy/planted-io.ts', to: 'node:net' },
  { rule: 'pure-stages-do-no-io', from: 'ingress/lookup/planted-io.ts', to: 'node:fs' },
  { rule: 'api-server-only-at-the-edges', from: 'operator/planted-client.ts', to: 'undici' },
  { rule: 'api-server-only-at-the-edges', from: 'operator/watch/planted-client.ts', to: 'openid-client' },
  { rule: 'prom-client-only-in-metrics', from: 'ingress/sip/planted-metric.ts', to: 'prom-client' },
  { rule: 'pino-only-in-log', from: 'ingress/call/planted-log.ts', to: 'pino' },
  { rule: 'zod-only-where-input-is-read', from: 'ingress/lookup/planted-schema.ts', to: 'zod' },
  { rule: 'standalone-has-no-command-line', from: 'standalone/planted.ts', to: 'cli/sip-dispatch.ts' },
  { rule: 'product-needs-no-tests', from: 'cli/planted.ts', to: 'test/support/fake.ts' },
]

let root = ''

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'boundaries-'))
  for (const file of SKELETON) {
    write(file, 'export interface Planted {}\n')
  }
})

afterEach(() => rmSync(root, { recursive: true }))

describe('the boundaries', () => {
  it('let through a tree that keeps them', () => {
    write(
      'ingress/sip/native/transaction/kept.ts',
      importLine('ingress/sip/native/transaction/kept.ts', 'ingress/sip/native/transport/transport.ts'),
    )
    write('operator/compile/kept.ts', importLine('operator/compile/kept.ts', 'crds/schema/sip-trunk.ts'))
    write('ingress/log/kept.ts', "import type { Planted } from 'pino'\nexport type Kept = Planted\n")
    expect(check()).toMatchObject({ exitCode: 0, forbidden: [] })
  })

  it('name every rule that a type-only import breaks', () => {
    for (const { from, to } of PLANTED) {
      write(from, importLine(from, to))
    }
    const { exitCode, forbidden } = check()
    expect(exitCode).toBe(1)
    const missing = PLANTED.map(({ rule, from }) => `${rule}: ${from}`).filter((line) => !forbidden.includes(line))
    expect(missing).toEqual([])
  })

  it('do not allow two files to import each other', () => {
    write('ingress/call/one.ts', importLine('ingress/call/one.ts', 'ingress/call/two.ts'))
    write('ingress/call/two.ts', importLine('ingress/call/two.ts', 'ingress/call/one.ts'))
    expect(check()).toMatchObject({ exitCode: 1, forbidden: [expect.stringMatching(/^no-cycles: ingress\/call\//)] })
  })

  it('are each broken by a planted import', () => {
    const rules: unknown = createRequire(import.meta.url)('../../.ci/boundaries.cjs')
    const planted = [...PLANTED.map(({ rule }) => rule), 'no-cycles'].map((name) => expect.objectContaining({ name }))
    expect(rules).toMatchObject({ forbidden: expect.arrayContaining(planted) })
    const names = new Set([...PLANTED.map(({ rule }) => rule), 'no-cycles'])
    expect(rules).toHaveProperty('forbidden.length', names.size)
  })

  it('fail where too few modules were read', () => {
    expect(check('1000')).toMatchObject({ exitCode: 1, output: expect.stringContaining('too few modules were read') })
  })
})

function write(file: string, text: string): void {
  mkdirSync(join(root, dirname(file)), { recursive: true })
  writeFileSync(join(root, file), text)
}

function importLine(from: string, to: string): string {
  const isFile = to.endsWith('.ts')
  const path = relative(dirname(from), to)
  const specifier = isFile && !path.startsWith('.') ? `./${path}` : path
  return `import type { Planted } from '${isFile ? specifier : to}'\nexport type Broken = Planted\n`
}

interface Verdict {
  readonly exitCode: number | null
  readonly output: string
  /** `rule: importing file` */
  readonly forbidden: readonly string[]
}

function check(floor = '10'): Verdict {
  const script = join(import.meta.dirname, '../../.ci/check-boundaries.ts')
  const run = spawnSync(process.execPath, [script, root, '--floor', floor], { encoding: 'utf8' })
  const output = run.stdout + run.stderr
  return { exitCode: run.status, output, forbidden: forbiddenIn(output) }
}

function forbiddenIn(output: string): string[] {
  return [...output.matchAll(/^([a-z-]+: \S+) →/gm)].map(([, line]) => line ?? '')
}
