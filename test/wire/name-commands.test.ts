/** What `explain` and `lint` say about names of backends, with a real nameserver. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { runCommand } from '../support/command-line.ts'
import { type KnotServer, startKnot } from '../support/knot-server.ts'
import { dispatchRule, manifestText, routeTo, sipTrunk } from '../support/manifest-text.ts'
import { describeWith } from '../support/real-part.ts'

const [HERE, GONE] = ['+15550000001', '+15550000002']

describeWith(['knot'], 'names of backends on the command line', () => {
  let knot: KnotServer
  let folder = ''

  beforeAll(async () => {
    knot = await startKnot({ 'example.test': ['_sip._udp.pbx 30 SRV 10 5 5070 host', 'host A 192.0.2.10'] })
    folder = mkdtempSync(join(tmpdir(), 'names-'))
    const manifests = [
      sipTrunk('carrier', { sources: ['198.51.100.7'] }),
      dispatchRule('here', HERE, routeTo(['sip:pbx.example.test'])),
      dispatchRule('gone', GONE, routeTo(['sip:gone.example.test:5070'])),
    ]
    writeFileSync(join(folder, 'manifests.json'), manifestText(manifests))
  })

  afterAll(async () => {
    await knot.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const explain = (to: string, ...flags: string[]) =>
    runCommand(['explain', '--rules', folder, '--to', to, '--from', '1', '--source', '198.51.100.7', ...flags])

  it('explain shows what a name points to, and decides with it', async () => {
    const { output: stdout } = await explain(HERE, '--resolver', knot.address)
    expect(stdout).toContain("(weight 1, 100 % of the tier's calls), looked up just now, to be kept 30 s:")
    expect(stdout).toContain('    192.0.2.10:5070 by UDP, or TCP if large (host.example.test, priority 10, weight 5)')
    expect(stdout).toContain('forwarded: the rule routes')
  })

  it('explain says why a name does not resolve, and what a pod does that finds an address', async () => {
    const { output: stdout } = await explain(GONE, '--resolver', knot.address)
    expect(stdout).toContain('the name does not resolve from here: nxdomain: gone.example.test does not exist')
    expect(stdout).toContain('no_backend: DNS has given no address for the backends of the rule')
    expect(stdout).toContain('on the wire where the backends have addresses\n  SIP/2.0 100 Trying')
  })

  it('explain asks nobody if it is told so', async () => {
    const { output: stdout } = await explain(HERE, '--no-look-up')
    expect(stdout).not.toContain('looked up')
    expect(stdout).toContain('no_backend: DNS has given no address')
  })

  it('lint asks only if it is told so, and warns of what does not resolve: no failing exit', async () => {
    expect(await runCommand(['lint', folder])).toMatchObject({
      code: 0,
      output: expect.not.stringContaining('resolve'),
    })
    const { code, output: stdout } = await runCommand(['lint', folder, '--look-up', '--resolver', knot.address])
    expect(stdout).toContain(
      'DispatchRule default/gone: warning: spec.action.route.backends[0].uri: sip:gone.example.test:5070 does not resolve ' +
        'from this machine (nxdomain: gone.example.test does not exist); pods may ask another DNS [name_unresolved]',
    )
    expect(stdout).toContain('findings: 1')
    expect(code).toBe(0)
  })

  it.each(['pbx.example.test:53', ''])('a nameserver %j is refused with what it must be', async (text) => {
    const { code, errors: stderr } = await runCommand(['lint', folder, '--look-up', '--resolver', text])
    expect(stderr).toBe(
      `error: --resolver: "${text}" is not HOST:PORT with an IP address as HOST, IPv6 in brackets, 10.96.0.10:53 for instance\n`,
    )
    expect(code).toBe(2)
  })
})
