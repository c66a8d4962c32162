/**
 * Tests that need a program which is not an npm package. Where it is absent they are skipped by name. Where `CI` is set they
 * fail instead, so that no test passes there without having run.
 */
import { spawnSync } from 'node:child_process'
import { networkInterfaces } from 'node:os'
import { describe, it } from '@jest/globals'
import { findActionlint, findHelm, findKubernetesParts } from '../../scripts/kubernetes-parts.mjs'
import { WITHOUT_IPV6 } from './command-line.ts'
import { redisProgram } from './redis-server.ts'

/** A program that a test drives for real. */
type Program = 'sipp' | 'tcpdump'

/**
 * A part of the machine that a test needs: a program, Kamailio, an IPv6 loopback address, Redis or Valkey, helm, Prometheus, or
 * the parts of a Kubernetes API server.
 */
export type RealPart = Program | keyof typeof OTHER_PARTS

/** How to find the parts that are more than a program. */
const OTHER_PARTS = {
  '::1': () => Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1')),
  'an IPv4 address beside loopback': () => ownAddress() !== undefined,
  'a kernel that can hide IPv6': () => works(WITHOUT_IPV6[0], [WITHOUT_IPV6[1], 'true']),
  redis: () => redisProgram() !== undefined,
  kamailio: () => works('kamailio', ['-v']),
  openssl: () => works('openssl', ['version']),
  helm: () => findHelm() !== undefined,
  actionlint: () => findActionlint() !== undefined,
  gpg: () => works('gpg', ['--version']),
  'docker-registry': () => works('docker-registry', ['--version']),
  knot: () => works('knotd', ['--version']) && works('knotc', ['--version']),
  prometheus: () => works('prometheus', ['--version']) && works('promtool', ['--version']),
  kubernetes: () => findKubernetesParts().folder !== undefined && works('openssl', ['version']),
} as const

/** The command that shows whether a program works here; tcpdump must be allowed to open the loopback device. */
const PROBES: Readonly<Record<Program, readonly [string, ...string[]]>> = {
  sipp: ['sipp', '-v'],
  tcpdump: ['tcpdump', '-i', 'lo', '-d', 'udp'],
}

/** Exit codes of a part that works: sipp ends with 99 when it made no call. */
const WORKING = new Set([0, 99])

const SUDO = ['sudo', '-n'] as const

/** `describe` for tests that need real parts. Without them: skipped, with the reason in the title; in CI: one failure. */
export function describeWith(parts: readonly RealPart[], name: string, tests: () => void): void {
  const missing = parts.filter((part) => !isThere(part))
  if (missing.length === 0) {
    describe(name, tests)
    return
  }
  const reason = `${missing.join(' and ')} cannot be used here`
  if (process.env['CI'] === undefined) {
    describe.skip(`${name} (skipped: ${reason})`, tests)
    return
  }
  describe(name, () => {
    it('needs its real parts', () => {
      throw new Error(`REAL_PART_MISSING: ${reason}; run 'npm run test:setup', which says what is missing`)
    })
  })
}

/** An IPv4 address of this machine that is not a loopback one: an EndpointSlice takes no other kind. */
export function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address
}

/** The command that starts a program, with sudo only if it does not work without; undefined where neither works. */
export function commandOf(part: Program): readonly [string, ...string[]] | undefined {
  const [program, ...args] = PROBES[part]
  if (works(program, args)) {
    return [program]
  }
  const [sudo, ...options] = SUDO
  return works(sudo, [...options, program, ...args]) ? [sudo, ...options, program] : undefined
}

function isThere(part: RealPart): boolean {
  return part === 'sipp' || part === 'tcpdump' ? commandOf(part) !== undefined : OTHER_PARTS[part]()
}

function works(program: string, args: readonly string[]): boolean {
  const { status } = spawnSync(program, args, { stdio: 'ignore' })
  return status !== null && WORKING.has(status)
}
