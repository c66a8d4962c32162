import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { LintFinding } from '../../../../cli/lint/finding.ts'
import { runCommand } from '../../../support/command-line.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-lint-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function manifest(name: string, body: string): string {
  const path = join(folder, name)
  writeFileSync(path, `apiVersion: sipdispatch.dev/v1alpha1\n${body}`)
  return path
}

function trunk(name: string, { within = '.', source = '203.0.113.0/24' } = {}): string {
  return manifest(
    join(within, `${name}.yaml`),
    `kind: SipTrunk\nmetadata: {name: ${name}}\nspec:\n  sources: ['${source}']\n`,
  )
}

function rule(name: string, trunkName: string): string {
  const action = 'action: {type: Reject, reject: {status: 404, reason: Not Found}}'
  const spec = `{trunkRefs: [{name: ${trunkName}}], ${action}}`
  return manifest(`${name}.yaml`, `kind: DispatchRule\nmetadata: {name: ${name}}\nspec: ${spec}\n`)
}

async function findingsOf(...args: readonly string[]): Promise<{ code: number | null; findings: LintFinding[] }> {
  const { code, output } = await runCommand(['lint', '--format', 'json', ...args])
  const { findings }: { findings: LintFinding[] } = JSON.parse(output)
  return { code, findings }
}

describe('lint', () => {
  it('exits with 0 where nothing is to be said', async () => {
    trunk('acme')
    rule('sales', 'acme')
    expect(await runCommand(['lint', folder])).toEqual({
      code: 0,
      output: [
        'SipTrunk default/acme: note: spec.called: admits calls to every number over UDP and TCP [admits_every_number]',
        'DispatchRule default/sales: note: spec.match: takes every call of default/acme that no earlier rule takes [takes_every_call]',
        'trunks: 1, rules: 1, findings: 0\n',
      ].join('\n'),
      errors: '',
    })
  })

  it.each([
    ['every call of some trunks', '{trunkRefs: [{name: acme}], ACTION}', ['takes_every_call']],
    ['every call of every trunk', '{ACTION}', ['takes_every_call']],
    ['some calls of every trunk', "{match: {called: [{prefix: '+1'}]}, ACTION}", ['takes_every_trunk']],
    ['what it says', "{trunkRefs: [{name: acme}], match: {called: [{prefix: '+1'}]}, ACTION}", []],
  ])('has a note where a rule takes more than it says: %s', async (_what, spec, codes) => {
    const action = 'action: {type: Reject, reject: {status: 404}}'
    const trunkText =
      "kind: SipTrunk\nmetadata: {name: acme}\nspec: {sources: [203.0.113.0/24], called: [{prefix: '+1'}]}\n"
    manifest('acme.yaml', trunkText)
    manifest('wide.yaml', `kind: DispatchRule\nmetadata: {name: wide}\nspec: ${spec.replace('ACTION', action)}\n`)
    const { code, output } = await runCommand(['lint', '--format', 'json', folder])
    const { findings, notes }: { findings: LintFinding[]; notes: LintFinding[] } = JSON.parse(output)
    expect({ code, findings, notes: notes.map((note) => note.code) }).toEqual({ code: 0, findings: [], notes: codes })
  })

  it('takes a Service that a rule names for good, as it is in a cluster that nobody asks', async () => {
    trunk('acme')
    const route = 'route: {backends: [{service: {name: livekit-sip, port: 5060}}]}'
    const spec = `{trunkRefs: [{name: acme}], action: {type: Route, ${route}}}`
    manifest('agents.yaml', `kind: DispatchRule\nmetadata: {name: agents}\nspec: ${spec}\n`)
    expect(await findingsOf(folder)).toEqual({ code: 0, findings: [] })
  })

  it('says which header a rule sets at a place where nothing can be escaped', async () => {
    trunk('acme')
    const set = "{name: X-Host, value: '<sip:a@{called}>'}"
    const route = `route: {backends: [{uri: 'sip:10.0.0.5'}], headers: {set: [${set}]}}`
    const spec = `{trunkRefs: [{name: acme}], action: {type: Route, ${route}}}`
    manifest('host.yaml', `kind: DispatchRule\nmetadata: {name: host}\nspec: ${spec}\n`)
    const { code, findings } = await findingsOf(folder)
    expect([code, findings.map((finding) => [finding.code, finding.object])]).toEqual([
      1,
      [['Invalid', 'DispatchRule default/host']],
    ])
    expect(findings[0]?.message).toMatch('headers.set X-Host: {called} stands in the host of a URI: write it into')
  })

  it('still says that a trunk is missing where a rule names a Service', async () => {
    const route = 'route: {backends: [{service: {name: livekit-sip, port: 5060}}]}'
    const spec = `{trunkRefs: [{name: none}], action: {type: Route, ${route}}}`
    manifest('agents.yaml', `kind: DispatchRule\nmetadata: {name: agents}\nspec: ${spec}\n`)
    expect(await findingsOf(folder)).toMatchObject({ code: 1, findings: [{ code: 'NoTrunk' }] })
  })

  it('names file, line and field of what cannot be read, and exits with 1', async () => {
    const path = trunk('acme', { source: '203.0.113.0/99' })
    const { code, output } = await runCommand(['lint', folder])
    expect(code).toBe(1)
    expect(output).toContain(`${path}:5: error: spec.sources[0]: 203.0.113.0/99 is not a network`)
  })

  it('reads files and folders as one set', async () => {
    mkdirSync(join(folder, 'trunks'))
    const sales = rule('sales', 'acme')
    expect((await findingsOf(sales)).findings).toMatchObject([
      { severity: 'error', object: 'DispatchRule default/sales', code: 'NoTrunk' },
    ])
    trunk('acme', { within: 'trunks' })
    expect(await findingsOf(sales, join(folder, 'trunks'))).toEqual({ code: 0, findings: [] })
  })

  it('tells two rules that match the very same calls', async () => {
    trunk('acme')
    rule('first', 'acme')
    rule('second', 'acme')
    const { code, findings } = await findingsOf(folder)
    expect(code).toBe(1)
    expect(findings).toMatchObject([
      {
        object: 'DispatchRule default/second',
        code: 'Conflicted',
        message: expect.stringMatching(/default\/first .*not in use$/),
      },
    ])
  })

  it('warns of a source that admits everyone, and still exits with 0', async () => {
    trunk('acme', { source: '0.0.0.0/0' })
    const { code, output } = await runCommand(['lint', folder])
    expect(code).toBe(0)
    expect(output).toContain('SipTrunk default/acme: warning: spec.sources[0]: 0.0.0.0/0 admits everyone')
  })

  it('exits with 2 where there is nothing to check, and still says what is wrong elsewhere', async () => {
    const { code, errors } = await runCommand(['lint', folder])
    expect(code).toBe(2)
    expect(errors).toContain('holds no manifest')
    const typo = trunk('acme', { source: '203.0.113.0/99' })
    const missing = await findingsOf(join(folder, 'none.yaml'), typo)
    expect(missing).toMatchObject({ code: 2, findings: [{ code: 'unreadable_file' }, { field: 'spec.sources[0]' }] })
  })

  it('has severity and code of every finding in each line of text, as in JSON', async () => {
    trunk('acme', { source: '0.0.0.0/0' })
    manifest('b.yaml', 'kind: SipTrunk\nmetadata: {name: b, labels: {on: yes}}\nspec: {sources: [1.2.3.4/99]}\n')
    rule('sales', 'none')
    const { findings } = await findingsOf(folder)
    expect(new Set(findings.map(({ severity }) => severity))).toEqual(new Set(['error', 'warning']))
    const { output } = await runCommand(['lint', folder])
    const lines = output.split('\n').filter((line) => !/: note: |^trunks: /.test(line) && line !== '')
    expect(lines).toHaveLength(findings.length)
    for (const [i, { severity, code, message }] of findings.entries()) {
      expect(lines[i]).toContain(`: ${severity}: `)
      expect(lines[i]).toContain(message)
      expect(lines[i]).toMatch(new RegExp(`\\[${code}\\]$`))
    }
  })
})

describe('what only follows from another finding', () => {
  it.each([
    ['an entry of its trunk', 'kind: SipTrunk\nmetadata: {name: acme}\nspec: {sources: [203.0.113.0/99]}\n'],
    ['the kind of its trunk', 'kind: SipTrnk\nmetadata: {name: acme}\nspec: {sources: [203.0.113.0/24]}\n'],
    ['the name of a field of its trunk', 'kind: SipTrunk\nmetadata: {name: acme}\nspec: {sorces: [203.0.113.0/24]}\n'],
    ['the field that names its trunk', 'kind: SipTrunk\nmetadata: {nam: acme}\nspec: {sources: [203.0.113.0/24]}\n'],
    ['the YAML of a file', 'kind: SipTrunk\nmetadata: {name: acme\n'],
    ['the text of a file', 'kind: SipTrunk # \u0001\n'],
  ])('is not told of a rule: %s', async (_what, body) => {
    const path = manifest('a.yaml', body)
    rule('sales', 'acme')
    const { code, findings } = await findingsOf(folder)
    expect(code).toBe(1)
    expect(findings).toEqual([expect.objectContaining({ severity: 'error', file: path })])
  })

  it('does not hide a trunk that nobody has written, nor two rules that match the same calls', async () => {
    const path = trunk('acme', { source: '203.0.113.0/99' })
    rule('first', 'acme')
    rule('second', 'acme')
    rule('lost', 'nowhere')
    const { findings } = await findingsOf(folder)
    expect(findings.map(({ file, object, code }) => [file === path, object, code])).toEqual([
      [true, 'SipTrunk default/acme', 'rule'],
      [false, 'DispatchRule default/lost', 'NoTrunk'],
      [false, 'DispatchRule default/second', 'Conflicted'],
    ])
  })

  it.each(['name', 'type', 'status', 'action', 'spec'])('is no missing %s where that is misspelt', async (field) => {
    const text = 'kind: DispatchRule\nmetadata: {name: sales}\nspec: {action: {type: Reject, reject: {status: 404}}}\n'
    manifest('a.yaml', text.replace(`${field}:`, `${field}x:`))
    const { findings } = await findingsOf(folder)
    expect(findings).toEqual([expect.objectContaining({ code: 'unknown_field', expected: field })])
  })
})

describe('what kubectl reads otherwise than a reader of YAML 1.2', () => {
  const DOCUMENT = (spec: string, metadata = '') =>
    manifest('a.yaml', `kind: DispatchRule\nmetadata: {name: a${metadata}}\nspec: {${spec}}\n`)
  const REJECT = 'action: {type: Reject, reject: {status: 404}}'

  it.each([
    [
      'an octal number',
      `priority: 010, ${REJECT}`,
      'spec.priority',
      'kubectl reads 010 without quotes as the number 8',
    ],
    ['underscores', `priority: 1_0, ${REJECT}`, 'spec.priority', 'as the number 10, YAML 1.2 as the text "1_0"'],
    ['a binary number', `priority: 0b11, ${REJECT}`, 'spec.priority', 'as the number 3, YAML 1.2 as the text "0b11"'],
    ['a status', 'action: {type: Reject, reject: {status: 0620}}', 'spec.action.reject.status', 'the number 400'],
    [
      'a merge',
      `match: {<<: {called: [{exact: "1"}]}}, ${REJECT}`,
      'spec.match["<<"]',
      'puts the fields of << in place',
    ],
  ])('is a warning with its place: %s', async (_what, spec, field, message) => {
    const file = DOCUMENT(spec)
    const { code, findings } = await findingsOf(folder)
    expect(code).toBe(0)
    expect(findings).toEqual([
      expect.objectContaining({ severity: 'warning', file, line: 4, field, message: expect.stringContaining(message) }),
    ])
  })

  it.each([
    ['no', 'is the boolean false, as kubectl reads no without quotes'],
    ['Y', 'is the boolean true, as kubectl reads Y without quotes'],
    ['0049301234', 'is the number 49301234'],
    ['00441234', 'is the number 148124, as kubectl reads 00441234 without quotes'],
    ['+4930', 'is the number 4930'],
    ['1_000', 'is the number 1000, as kubectl reads 1_000 without quotes'],
  ])('is one error where a text has to stand: %s', async (text, message) => {
    const file = DOCUMENT(`match: {called: [{exact: ${text}}]}, ${REJECT}`)
    const { code, findings } = await findingsOf(folder)
    expect(code).toBe(1)
    const field = 'spec.match.called[0].exact'
    expect(findings).toEqual([
      {
        severity: 'error',
        code: 'wrong_type',
        file,
        line: 4,
        object: 'DispatchRule default/a',
        field,
        message,
        expected: 'string, in quotes',
      },
    ])
  })

  it('is an error for a label and an annotation, which the API server takes as texts only', async () => {
    DOCUMENT(REJECT, ', labels: {a: yes, b: "yes"}, annotations: {c: 1.0}')
    const { code, findings } = await findingsOf(folder)
    expect(code).toBe(1)
    expect(findings.map((one) => [one.severity, one.code, one.field, one.line])).toEqual([
      ['error', 'not_a_text', 'metadata.labels.a', 3],
      ['error', 'not_a_text', 'metadata.annotations.c', 3],
    ])
  })
})

describe('what a terminal is shown', () => {
  it('has no character of a manifest that moves its cursor, turns its text or makes a line', async () => {
    const value = String.raw`a\u001b[2Jb\u009b1mc\u2028d\u202ee\u0085f\nfindings: 0`
    const source = `kind: SipTrunk\nmetadata: {name: x}\nspec:\n  sources: ["${value}"]\n`
    for (const format of ['text', 'json']) {
      const { output } = await runCommand(['lint', '--format', format, manifest('x.yaml', source)])
      expect(output).toContain(String.raw`a\u001b[2Jb\u009b1mc\u2028d\u202ee\u0085f`)
      expect(output).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      expect(output).not.toMatch(/^findings: 0/m)
    }
  })
})
