import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ROOT, runQuietly } from './command.mjs'

/** Milliseconds without a sign of life: enough for a slow mirror, but not for a dead one. */
const INSTALL_SILENCE_MS = 10 * 60_000

/** The oldest Node that runs TypeScript files as they are (engines in package.json). */
const OLDEST_NODE = /** @type {const} */ ([22, 19])

/** Programs that real parts of the tests need, and the Debian packages that contain them. */
export const TEST_PROGRAMS = /** @type {const} */ ({
  sipp: 'sip-tester',
  kamailio: 'kamailio',
  tcpdump: 'tcpdump',
  openssl: 'openssl',
  'redis-server': 'redis-server',
  prometheus: 'prometheus',
  gpg: 'gpg',
  'docker-registry': 'docker-registry',
  knotd: 'knot',
})

/** Programs of other names that do the same. */
const STAND_INS = /** @type {Readonly<Record<string, string>>} */ ({ 'redis-server': 'valkey-server' })

/**
 * Runs apt-get with its arguments, as root. Debian starts a service when it installs one: a policy that exists only while
 * apt-get runs forbids this, unless the machine has a policy of its own.
 */
const APT_GET = `
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 143' HUP INT TERM
    printf '#!/bin/sh\\nexit 101\\n' >"$policy" && chmod 755 "$policy"
  fi
  DEBIAN_FRONTEND=noninteractive apt-get --quiet -o DPkg::Lock::Timeout=120 "$@"
`

/** @typedef {{ packages: Record<string, { version?: string, optional?: boolean, os?: string[] | string, cpu?: string[] | string }> }} Lock */

/**
 * Installs the npm packages of the lock file where they are absent or have another version, and returns the Node to use from
 * then on. Needs only Node 20 and npm. Quick when there is nothing to do.
 *
 * @returns {Promise<string>} path of a Node that runs the product
 * @throws {Error} with what to do, when npm fails or no Node fits
 */
export async function setUpPackages() {
  const missing = packagesToInstall()
  if (missing.length > 0) {
    console.log(`set-up: installing npm packages, ${missing.length} of them missing (under a minute as a rule)`)
    await installPackages()
  }
  return fittingNode()
}

/**
 * The Node that runs the product; undefined before `setUpPackages`, or where no Node is new enough. Installs nothing.
 *
 * @returns {string | undefined}
 */
export function nodeOfPackages() {
  return packagesToInstall().length > 0 ? undefined : runningNode()
}

/** Packages that are in the lock file and not in node_modules. */
function packagesToInstall() {
  return missingPackages(readLock('package-lock.json'), readLock('node_modules/.package-lock.json'))
}

/**
 * `npm ci` would refuse a lock file made while the registry lacked a package for another platform. Installing without saving
 * gives the same tree, and afterwards every version is compared with the lock file.
 */
async function installPackages() {
  const command = /** @type {const} */ (['npm', 'install', '--no-save', '--loglevel=notice'])
  const { code, output } = await runQuietly(command, { label: command.join(' '), silenceMs: INSTALL_SILENCE_MS })
  const missing = code === 0 ? packagesToInstall() : []
  if (code !== 0 || missing.length > 0) {
    const what = code === 0 ? `did not install ${missing.join(', ')}` : `failed with exit code ${code}`
    throw new Error(`SETUP_NPM: ${command.join(' ')} ${what}; see what it says:\n${output}`)
  }
}

/**
 * Installs the Debian packages of programs that are not on the PATH. Where that is not possible it says so and goes on: the
 * code that needs a program says what its absence means.
 *
 * @param {Readonly<Record<string, string>>} programs package by program
 */
export async function setUpPrograms(programs) {
  const packages = Object.keys(programs)
    .filter((program) => !onPath(program) && !onPath(STAND_INS[program] ?? program))
    .map((program) => programs[program] ?? program)
  if (packages.length === 0) {
    return
  }
  const asRoot = await rootCommand()
  if (asRoot === undefined || !onPath('apt-get')) {
    console.log(
      `set-up: cannot install ${packages.join(', ')} here (needs apt-get, and root or sudo without a password)`,
    )
    return
  }
  console.log(`set-up: installing ${packages.join(', ')} (apt-get; a minute or two)`)
  await aptGet(asRoot, ['update'])
  const result = await aptGet(asRoot, ['install', '--yes', '--no-install-recommends', ...packages])
  if (result.code !== 0) {
    console.log(`set-up: apt-get could not install ${packages.join(', ')}:\n${result.output}`)
  }
}

/**
 * The packages of a lock file that are not installed in its version. Packages for other machines do not count.
 *
 * @param {Lock | undefined} wanted
 * @param {Lock | undefined} installed npm's own record of what it put into node_modules
 * @returns {string[]} their paths
 */
export function missingPackages(wanted, installed) {
  if (wanted === undefined) {
    throw new Error('SETUP_NO_LOCK: package-lock.json is missing; take it from version control')
  }
  return Object.entries(wanted.packages)
    .filter(([path, entry]) => path !== '' && isForThisMachine(entry))
    .filter(([path, entry]) => installed?.packages[path]?.version !== entry.version)
    .map(([path]) => path)
}

/** @param {{ optional?: boolean, os?: string[] | string, cpu?: string[] | string, libc?: unknown }} entry */
function isForThisMachine({ optional, os, cpu, libc }) {
  if (optional !== true) {
    return true
  }
  const named = os !== undefined && cpu !== undefined && libc === undefined
  return named && [os].flat().includes(process.platform) && [cpu].flat().includes(process.arch)
}

/**
 * @param {string} path
 * @returns {Lock | undefined}
 */
function readLock(path) {
  const file = join(ROOT, path)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

/** @returns {string} */
function fittingNode() {
  const node = runningNode()
  if (node === undefined) {
    throw new Error(
      `SETUP_NODE: no Node is pinned for ${process.platform} ${process.arch}, or it does not run here, and this one is ` +
        `${process.versions.node}; install Node ${OLDEST_NODE.join('.')} or newer`,
    )
  }
  return node
}

/** The pinned Node, which is for Linux with glibc; otherwise the running one, where it is new enough. */
function runningNode() {
  const pinned = join(ROOT, 'node_modules', '.bin', 'node')
  if (existsSync(pinned) && spawnSync(pinned, ['--version']).status === 0) {
    return pinned
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_NODE
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor) ? process.execPath : undefined
}

/** @param {string} program */
function onPath(program) {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => existsSync(join(folder, program)))
}

/**
 * The program that starts a command as root: `env` for root, sudo where it needs no password.
 *
 * @returns {Promise<'env' | 'sudo' | undefined>}
 */
async function rootCommand() {
  if (process.getuid?.() === 0) {
    return 'env'
  }
  if (!onPath('sudo')) {
    return undefined
  }
  const result = await runQuietly(['sudo', '-n', 'true'], { label: 'sudo', silenceMs: 30_000 })
  return result.code === 0 ? 'sudo' : undefined
}

/**
 * @param {'env' | 'sudo'} asRoot
 * @param {string[]} args
 */
function aptGet(asRoot, args) {
  const command = ['sh', '-c', APT_GET, 'apt-get', ...args]
  const options = { label: `apt-get ${args[0]}`, silenceMs: INSTALL_SILENCE_MS }
  return runQuietly(asRoot === 'sudo' ? ['sudo', '-n', ...command] : ['env', ...command], options)
}
