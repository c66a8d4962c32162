/** What is given to kubectl and to our reader, so that both make the same of it. */

const forms = (word: string): string[] => {
  const upper = word.toUpperCase()
  return [...new Set([word, upper, upper.charAt(0) + word.slice(1), word.slice(0, -1) + upper.slice(-1)])]
}

/** Plain scalars, each as a value and as the name of a field. */
export const SCALARS: readonly string[] = [
  ...'y n yes no on off true false null'.split(' ').flatMap(forms),
  ...['~', '', 'tRue', 'yess', 'o', 'Y1', 'none', 'nan', 'inf', 'Infinity'],
  ...[
    '0',
    '-0',
    '+0',
    '00',
    '7',
    '007',
    '0777',
    '-0777',
    '+017',
    '08',
    '09',
    '0049',
    '00441234',
    '0049301234567',
    '-08',
  ],
  ...['0o17', '0O17', '-0o17', '0o8', '0o', '0x1F', '0X1f', '-0x1f', '+0x1F', '0x', '0xg', '0x_1f'],
  ...['0b101', '0B101', '-0b101', '+0b1', '0b2', '0b', '0b+1', '0b-11', '-0b+1', '0b1_0'],
  ...['1_000', '1__0', '1_', '_1', '+_1', '0_7', '0_8', '1_000.5', '-1_0e1_0', '12e03', '4930_123456'],
  ...['1:30', '190:20:30', '12:30:45.5', '-1:30', '5060:5061'],
  ...['+49', '+4930123456', '+1', '-1', '+', '--1', '+-1', '1-', '1 2', '1,000'],
  ...['.5', '-.5', '+.5', '.', '..', '.5e3', '.5E-3', '.1_0', '._1', '.1_', '.e5', '.5.5', '-.1_0'],
  ...['1.', '1.0', '1.5', '-1.50', '1.e5', '1e3', '1E3', '1e+3', '1e-3', '1e', 'e3', '1.5.2', '-0.0', '0.0', '1e999'],
  ...['1e21', '1e30', '123456.5', '1234567.5', '0.0001', '0.00001', '3.14159265358979'],
  ...['9007199254740993', '9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809'],
  ...['18446744073709551616', '+9223372036854775808', '0xFFFFFFFFFFFFFFFFF', '07777777777777777777777777'],
  ...['2001-01-01', '2001-1-1', '2001-12-14T21:59:43.10-05:00', '2001-12-14 21:59:43', '2001-13-45', '20010101'],
  ...['sip:10.0.0.1:5060', '10.0.0.1', '10.0.0.0/8', '1.2.3', 'a_b', '=', '<', 'x:y', 'NaN', 'TRUE1'],
]

/** Whole files. The fields of `spec` are what is compared. */
export const FILES: Readonly<Record<string, string>> = {
  'quotes keep texts': spec('a: "yes"', "b: 'no'", 'c: "0777"', "d: ''", 'e: |\n    yes', 'f: >-\n    on'),
  'tags of YAML': spec(
    'a: !!str 12',
    'b: !!int "5"',
    'c: !!float 5',
    'd: !!bool "yes"',
    'e: !!null ""',
    'f: !!str yes',
  ),
  'tags of YAML on lists and maps': spec('a: !!set {x, z}', 'b: !!seq [1]', 'c: !!map {x: 1}', 'd: !!omap [x: 1]'),
  'the tag of no kind': spec('a: ! 12', 'b: ! "12"'),
  'bytes and dates by tag': spec('a: !!binary aGk=', 'b: !!timestamp 2001-01-01'),
  'bytes in several lines': spec('a: !!binary |\n    aGVs\n    bG8=', 'b: !!binary "aGVsbG8="'),
  'bytes with a space between them': spec('a: !!binary "aGVs bG8="'),
  'bytes without their end': spec('a: !!binary aGk'),
  'a tag that does not fit': spec('a: !!int foo'),
  'a null that is a text': spec('a: !!null x'),
  'a truth that is a number': spec('a: !!bool 1'),
  infinity: spec('a: .inf'),
  'no number': spec('a: .NaN'),
  'a merge': spec('a: &a {x: 1, z: 2}', 'b: {<<: *a, z: 3}'),
  'a merge below what it holds': spec('a: {x: 1, <<: {x: 2, z: 3}}'),
  'a merge of several': spec('a: &a {x: 1}', 'b: {<<: [*a, {x: 2, w: 3}], z: 4}'),
  'merges inside each other': spec('a: &a {x: 1, w: 1}', 'b: &b {<<: *a, w: 2}', 'c: {<<: *b, z: 3}'),
  'two merges': spec('a: {<<: {x: 1, z: 1}, <<: {z: 2}}'),
  'a merge in quotes': spec('a: {"<<": {x: 1}}'),
  'a merge by tag': spec('a: {!!merge "<<": {x: 1}}'),
  'a merge of a number': spec('a: {<<: 5}'),
  'a merge of a list of numbers': spec('a: {<<: [5]}'),
  'a merge of nothing': spec('a: {<<: *none}'),
  aliases: spec('a: &a [1, 2]', 'b: *a', 'c: {x: *a}', 'd: &d yes', 'e: *d', 'f: {*d : 1}'),
  'a name that is given again': spec('a: &a 1', 'b: *a', 'c: &a 2', 'd: *a'),
  'an alias before its name': spec('a: *a', 'b: &a 1'),
  'an alias of another document': `${spec('a: &a 1')}---\n${spec('a: *a')}`,
  'an alias inside of itself': spec('a: &a [*a]'),
  'more than a hundred aliases of one value': spec('a: &a x', `b: [${Array(101).fill('*a').join(', ')}]`),
  'names of fields that are numbers or words': spec('1: a', '1.5: b', 'yes: c', '08: d', '0x10: e'),
  'a name of a field that is null': spec('~: a'),
  'a name of a field that is a list': spec('? [a]\n  : b'),
  'a name of a field beyond 63 bits': spec('18446744073709551615: a'),
  'a question mark': spec('? a\n  : 1', '? b'),
  'flow without blanks': spec('a: {b:1, "c":2, d}', 'e: [1,2,yes]', 'f: [x: 1, z]', 'g: {h: }'),
  'texts over lines': spec(
    'a: x\n    y',
    'b: "x\n\n    y"',
    "c: 'x\n    y'",
    'd: |+\n    x\n\n',
    'e: >\n    x\n    y\n\n    z',
  ),
  'tabs between': spec('a:\tx', 'b: x\ty', 'c: [1,\t2]\t# x'),
  'a tab as indentation': spec('a:\n\t- x'),
  escapes: spec('a: "\\u00e9\\x41\\n\\t\\0"', 'b: "\\U0001F600"'),
  'a text that looks like a separator': spec('a: |\n    x\n    ---\n    y'),
  'line ends of Windows': spec('a: 5', 'b: yes', 'c: |\n    x').replaceAll('\n', '\r\n'),
  'a byte order mark': `\uFEFF${spec('a: yes')}`,
  'a byte order mark in the second document': `${spec('a: 1')}---\n\uFEFF${spec('a: 2')}`,
  'comments behind separators': `--- # one\n${spec('a: 1')}---   # two\n${spec('a: 2')}---\n# nothing\n---\n---\n${spec('a: 3')}`,
  'an end of a document': `${spec('a: 1')}...\n---\n${spec('a: 2')}`,
  'text behind a separator': `--- {apiVersion: v1, kind: T, metadata: {name: a}, spec: {a: 1}}\n`,
  'a separator that is none': `${spec('a: 1')}---x\n`,
  'a directive for 1.1': `%YAML 1.1\n---\n${spec('a: 1')}`,
  'a directive for 1.2': `%YAML 1.2\n---\n${spec('a: 1')}`,
  'a directive for tags': `%TAG ! tag:x,2000:\n---\n${spec('a: 1')}`,
  JSON: json(1),
  'JSON over lines with tabs': JSON.stringify(JSON.parse(json({ b: ['yes', 0.5, null] })), null, '\t'),
  'JSON with a comma too many': json(1).replace(/\}\}$/, '},}'),
  'JSON with words of YAML': '{"apiVersion": "v1", "kind": "T", "metadata": {"name": a}, "spec": {"a": yes}}',
  'objects of JSON one after the other': `${json(1)}\n${json(2)}${json(3)}\n`,
  'JSON, a separator and YAML': `${json(1)}\n---\n${spec('a: yes')}`,
  'braces in texts of JSON': `${json('}{')}${json('"} {')}`,
  'a bracket that is left open': spec('a: [1'),
  'a control character': spec('a: x\u0001y'),
  'a sign that begins nothing': spec('a: @x'),
  'a colon too many': spec('a: b: c'),
  'a text for a document': 'text\n',
}

/** What kubectl takes and our reader refuses, because somebody's work would be dropped without a word. */
export const REFUSED: Readonly<Record<string, string>> = {
  'a field that is there twice': spec('a: 1', 'a: 2'),
  'a field of JSON that is there twice':
    '{"apiVersion": "v1", "kind": "T", "metadata": {"name": "a"}, "spec": {"a": 1, "a": 2}}',
  'two names of fields that are one': spec('yes: 1', 'true: 2'),
  'a document behind the end of another': `${spec('a: 1')}...\n${spec('a: 2')}`,
  'a tag that nobody knows': spec('a: !env HOME'),
}

function spec(...fields: readonly string[]): string {
  return `apiVersion: v1\nkind: T\nmetadata: {name: a}\nspec:\n${fields.map((field) => `  ${field}\n`).join('')}`
}

function json(a: unknown): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'T', metadata: { name: 'a' }, spec: { a } })
}
