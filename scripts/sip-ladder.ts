/** A call drawn as a ladder: caller, sip-dispatch and backend, one arrow per message. */

export interface LadderArrow {
  /** Milliseconds since the call began. */
  readonly at: number
  readonly from: 'caller' | 'ingress' | 'backend'
  readonly to: 'caller' | 'ingress' | 'backend'
  readonly title: string
}

const SPAN = 31
const COLUMNS = { caller: 0, ingress: 1, backend: 2 } as const

export function drawLadder(arrows: readonly LadderArrow[]): string {
  const names = ['caller', 'sip-dispatch', 'backend']
  const head = `${' '.repeat(10)}${names.map((name) => name.padEnd(SPAN)).join(' ')}`.trimEnd()
  return [head, ...arrows.map(drawArrow)].join('\n')
}

function drawArrow({ at, from, to, title }: LadderArrow): string {
  const rightward = COLUMNS[to] > COLUMNS[from]
  const left = Math.min(COLUMNS[from], COLUMNS[to])
  const spans = [' '.repeat(SPAN), ' '.repeat(SPAN)]
  spans[left] = arrowTo(rightward ? 'right' : 'left', title)
  return `${`${at.toFixed(1)} ms`.padStart(9)} |${spans.join('|')}|`
}

function arrowTo(direction: 'left' | 'right', title: string): string {
  const text = ` ${title} `.slice(0, SPAN - 4)
  const line = '-'.repeat(SPAN - 1 - text.length)
  return direction === 'right'
    ? `${line.slice(0, 2)}${text}${line.slice(2)}>`
    : `<${line.slice(2)}${text}${line.slice(0, 2)}`
}

/** A message between a caller on the left and a server on the right; without a direction it is an action of the server. */
export interface LadderNote {
  /** Milliseconds since the call began. */
  readonly at: number
  readonly to?: 'left' | 'right'
  readonly title: string
}

/** A ladder of two columns, a line each, all equally long. */
export function drawNotes(title: string, notes: readonly LadderNote[]): string[] {
  const head = `${' '.repeat(12)}${'caller'.padEnd(SPAN - title.length)}${title}`
  return [head, ...notes.map(drawNote)]
}

function drawNote({ at, to, title }: LadderNote): string {
  return `${`${at.toFixed(1)} ms`.padStart(11)} |${to === undefined ? title.padStart(SPAN) : arrowTo(to, title)}|`
}

/** Puts the lines of the second drawing beside those of the first. */
export function sideBySide(first: readonly string[], second: readonly string[]): string {
  const width = Math.max(...first.map((line) => line.length))
  const rows = Array.from({ length: Math.max(first.length, second.length) }, (_, i) => {
    return `${(first[i] ?? '').padEnd(width)}    ${second[i] ?? ''}`.trimEnd()
  })
  return rows.join('\n')
}
