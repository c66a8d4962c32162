/** Finds places that compare the tag of an object step by step. `check-unions.ts` explains what is refused. */
import { parseSync } from '@swc/core'

export interface Chain {
  readonly line: number
  /** `predicate.type` */
  readonly tag: string
  readonly problem: string
}

/** A node of the syntax tree of swc. */
interface Node {
  readonly type: string
  readonly span: { readonly start: number; readonly end: number }
  readonly [field: string]: unknown
}

/** `object.tag === 'text'`, or `!==`. */
interface Comparison {
  /** Text of the object; undefined if the tag is a variable, and not a property. */
  readonly object: string | undefined
  readonly tag: string
  readonly text: string
  readonly equal: boolean
  readonly line: number
}

/** The code as bytes, because the positions of swc count bytes. */
type Code = Buffer

const TAGS: ReadonlySet<unknown> = new Set(['type', 'kind'])

const FUNCTIONS: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'Constructor',
  'MethodProperty',
  'GetterProperty',
  'SetterProperty',
])

const LEAVES: ReadonlySet<unknown> = new Set([
  'ReturnStatement',
  'ThrowStatement',
  'ContinueStatement',
  'BreakStatement',
])

export function findChains(text: string): Chain[] {
  const code = Buffer.from(text)
  const module = parseSync(text, { syntax: 'typescript', target: 'es2024' }) as unknown as Node
  const scopes = [module, ...descendants(module, () => true).filter(({ type }) => FUNCTIONS.has(type))]
  return scopes
    .flatMap((scope) => {
      const inside = descendants(scope, ({ type }) => !FUNCTIONS.has(type))
      return [...repeatedTags(inside, code), ...inside.flatMap((node) => restsOf(node, code))]
    })
    .sort((a, b) => a.line - b.line)
}

/** Tags that are compared with several texts inside one function. The line is the line of the comparison with the second text. */
function repeatedTags(inside: readonly Node[], code: Code): Chain[] {
  const chains: Chain[] = []
  const comparisons = inside.map((node) => comparisonOf(node, code)).filter((found) => found !== undefined)
  for (const [tag, same] of Map.groupBy(comparisons, nameOf)) {
    const texts = [...new Set(same.map(({ text }) => text))]
    const second = same.find(({ text }) => text === texts[1])
    if (second) chains.push({ line: second.line, tag, problem: `is compared with ${texts.join(', ')}` })
  }
  return chains
}

/** Comparisons with one kind that leave all other kinds to a branch which reads a property of the object. */
function restsOf(node: Node, code: Code): Chain[] {
  if (node.type === 'ConditionalExpression') return restOf(node, [[node['consequent']], [node['alternate']]], code)
  return childLists(node).flatMap((statements) =>
    statements.flatMap((statement, place) => {
      if (statement.type !== 'IfStatement') return []
      const { consequent, alternate } = statement
      const next = leaves(consequent) ? statements.slice(place + 1) : []
      return restOf(statement, [[consequent], alternate === null ? next : [alternate]], code)
    }),
  )
}

function restOf(node: Node, [whereTrue, whereFalse]: readonly [unknown[], unknown[]], code: Code): Chain[] {
  const comparison = isNode(node['test']) ? comparisonOf(node['test'], code) : undefined
  if (comparison?.object === undefined) return []
  const { object, tag, line, equal } = comparison
  const property = (branch: unknown[]): string | undefined =>
    branch
      .filter(isNode)
      .map((part) => propertyRead(part, { object, tag, code }))
      .find((name) => name !== undefined)
  const rest = property(equal ? whereFalse : whereTrue)
  if (rest === undefined || property(equal ? whereTrue : whereFalse) === undefined) return []
  return [{ line, tag: nameOf(comparison), problem: `leaves ${object}.${rest} to what remains` }]
}

interface Sought {
  readonly object: string
  readonly tag: string
  readonly code: Code
}

/**
 * The name of a property, other than the tag, that the code reads from the object, with a dot or by destructuring. Reads inside a
 * `switch` over the tag are allowed, and so left out.
 */
function propertyRead(part: Node, sought: Sought): string | undefined {
  const { object, tag, code } = sought
  const isSwitch = (node: Node): boolean =>
    node.type === 'SwitchStatement' &&
    isNode(node['discriminant']) &&
    textOf(node['discriminant'], code) === `${object}.${tag}`
  for (const node of isSwitch(part) ? [] : [part, ...descendants(part, (inner) => !isSwitch(inner))]) {
    const { property, id, init } = node
    const isRead = node.type === 'MemberExpression' && isNode(node['object']) && textOf(node['object'], code) === object
    if (isRead && isNode(property) && property['value'] !== tag) return String(property['value'])
    const isTakenApart = isNode(id) && id.type === 'ObjectPattern' && isNode(init) && textOf(init, code) === object
    if (isTakenApart) return textOf(id, code)
  }
  return undefined
}

function comparisonOf({ type, operator, left, right, span }: Node, code: Code): Comparison | undefined {
  if (type !== 'BinaryExpression' || (operator !== '===' && operator !== '!==')) return undefined
  if (!isNode(left) || !isNode(right) || right.type !== 'StringLiteral') return undefined
  const common = { text: String(right['value']), equal: operator === '===', line: lineOf(span.start, code) }
  const member = left.type === 'OptionalChainingExpression' ? left['base'] : left
  if (!isNode(member)) return undefined
  if (member.type === 'Identifier' && TAGS.has(member['value'])) {
    return { ...common, object: undefined, tag: String(member['value']) }
  }
  const { object, property } = member
  if (member.type !== 'MemberExpression' || !isNode(object) || !isNode(property) || !TAGS.has(property['value'])) {
    return undefined
  }
  return { ...common, object: textOf(object, code), tag: String(property['value']) }
}

function nameOf({ object, tag }: Comparison): string {
  return object === undefined ? tag : `${object}.${tag}`
}

/** Whether the statement never reaches the statement after it. */
function leaves(statement: unknown): boolean {
  if (!isNode(statement)) return false
  const { type, stmts } = statement
  return LEAVES.has(type) || (Array.isArray(stmts) && leaves(stmts.at(-1)))
}

function* children(node: object): Generator<Node> {
  for (const value of Object.values(node)) {
    if (isNode(value)) yield value
    else if (typeof value === 'object' && value !== null) yield* children(value)
  }
}

function childLists(node: Node): Node[][] {
  return Object.values(node).flatMap((value) => (Array.isArray(value) ? [value.filter(isNode)] : []))
}

/** All nodes below `node`. The nodes below one of these are included only if `enters` accepts it. */
function descendants(node: Node, enters: (node: Node) => boolean): Node[] {
  return [...children(node)].flatMap((child) => (enters(child) ? [child, ...descendants(child, enters)] : [child]))
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'span' in value
}

function textOf({ span }: Node, code: Code): string {
  return code
    .subarray(span.start - 1, span.end - 1)
    .toString('utf8')
    .replaceAll('?.', '.')
    .replaceAll(/\s/g, '')
}

function lineOf(start: number, code: Code): number {
  return code
    .subarray(0, start - 1)
    .toString('utf8')
    .split('\n').length
}
