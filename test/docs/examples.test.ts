/** What a page shows as a file of `examples/` is that file, and what it shows for carriers admits them, and nobody else. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { readExplainConfig } from '../../cli/explain/explain-config.ts'
import { explainReport } from '../../cli/explain/explain-report.ts'
import { readExplainManifests } from '../../cli/manifests.ts'
import { runCommand } from '../support/command-line.ts'
import { ROOT, readPage } from './commands-of-page.ts'

const FOLDERS = [
  ['docs/backends.md', 'examples/backends'],
  ['docs/your-carrier.md', 'examples/carriers'],
  ['docs/limits.md', 'examples/limits'],
  ['docs/office.md', 'examples/office'],
] as const

/** What is linted at once: each manifest, or the folder whose manifests belong together. */
const lintedOf = (folder: string): string[] => (folder === 'examples/office' ? ['.'] : readdirSync(join(ROOT, folder)))

const textsOf = (folder: string): string[] =>
  readdirSync(join(ROOT, folder)).map((name) => readFileSync(join(ROOT, folder, name), 'utf8'))

describe.each(FOLDERS)('%s', (page, folder) => {
  it(`shows every manifest of ${folder} as it is`, () => {
    const shown = [...readPage(page).matchAll(/```yaml\n([^`]*)```/g)].map(([, block = '']) => block)
    expect(shown.length).toBeGreaterThan(0)
    expect(shown.toSorted()).toEqual(textsOf(folder).toSorted())
  })

  it.each(lintedOf(folder))('shows %s, in which lint finds nothing', async (name) => {
    const { code, output } = await runCommand(['lint', join(ROOT, folder, name)])
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('findings: 0') })
  })
})

interface Example {
  readonly spec: {
    readonly sources?: readonly string[]
    readonly trustedProxies?: readonly string[]
    readonly transports?: readonly string[]
    readonly match?: { readonly called: readonly { readonly exact?: string; readonly prefix?: string }[] }
  }
}

/** One address of a network: the first one that a host can have. */
function addressIn(network: string): string {
  const [address = '', bits] = network.split('/')
  return bits === undefined ? address : address.replace(/\d+$/, (last) => String(Number(last) + 1))
}

/** A number that the pattern holds for. */
function numberOf({ exact, prefix = '' }: { readonly exact?: string; readonly prefix?: string }): string {
  return exact ?? `${prefix}12025550100`.slice(0, 12)
}

describe('a trunk of docs/your-carrier.md', () => {
  const examples = readdirSync(join(ROOT, 'examples/carriers')).map((name) => {
    const text = readFileSync(join(ROOT, 'examples/carriers', name), 'utf8')
    const [trunk, rule] = parseAllDocuments(text).map((one) => one.toJS() as Example)
    return { name, trunk, rule }
  })

  /** What becomes of a call from an address, or through the trunk's proxy for it. */
  async function outcomeOf(
    { name, trunk, rule }: (typeof examples)[number],
    address: string,
  ): Promise<string | undefined> {
    const [proxy] = trunk?.spec.trustedProxies ?? []
    const [transport = 'UDP'] = trunk?.spec.transports ?? []
    const host = address.includes(':') ? `[${address}]` : address
    const to = numberOf(rule?.spec.match?.called[0] ?? {})
    const rules = [join(ROOT, 'examples/carriers', name)]
    const header = proxy === undefined ? [] : [`Via: SIP/2.0/${transport} ${host}:5060;branch=z9hG4bK-carrier`]
    const flags = { rules, to, from: '+14155550100', source: proxy ?? address, header, output: 'json' } as const
    const { call } = readExplainConfig({ ...flags, transport: transport === 'TCP' ? 'tcp' : 'udp' })
    return (await explainReport(await readExplainManifests(rules), call, { at: Date.now() })).outcome
  }

  it.each(examples)('$name sends calls of the carrier on, from each of its networks', async (example) => {
    const networks = example.trunk?.spec.sources ?? []
    expect(networks.length).toBeGreaterThan(0)
    const outcomes = await Promise.all(networks.map((network) => outcomeOf(example, addressIn(network))))
    expect(new Set(outcomes)).toEqual(new Set(['forwarded']))
  })

  it.each(examples)('$name takes no call of anybody else', async (example) => {
    const outcome = await outcomeOf(example, '198.51.100.7')
    expect(outcome).toBe(example.trunk?.spec.trustedProxies === undefined ? 'auth_drop' : 'rejected')
  })
})
