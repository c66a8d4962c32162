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
  const text = ` ${title} `.slice(0, SPAN - 4)
  const line = '-'.repeat(SPAN - 1 - text.length)
  const arrow = rightward
    ? `${line.slice(0, 2)}${text}${line.slice(2)}>`
    : `<${line.slice(2)}${text}${line.slice(0, 2)}`
  const spans = [' '.repeat(SPAN), ' '.repeat(SPAN)]
  spans[left] = arrow
  return `${`${at.toFixed(1)} ms`.padStart(9)} |${spans.join('|')}|`
}
