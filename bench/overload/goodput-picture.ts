/** Draws goodput over offered load, both as multiples of each server's capacity, as an SVG that needs nothing else. */

export interface PictureLine {
  readonly name: string
  /** Multiples of the capacity, in the order of the offered load. */
  readonly points: readonly { readonly offered: number; readonly goodput: number }[]
}

/** Pixels. The plot leaves room for the axes below and on the left, and for the legend above. */
const SIZE = { width: 720, height: 440 }
const PLOT = { left: 70, right: 700, top: 80, bottom: 380 }

/** Steps between two marks of an axis, in multiples of the capacity. */
const STEP = { x: 0.5, y: 0.2 }

/** The highest goodput that is drawn even if no server comes so far. */
const LEAST_HEIGHT = 1.2

/** Colours that differ in lightness too; dashes and marks differ where there is no colour. */
const LOOKS = [
  { light: '#0b5cad', dark: '#6cb6ff', dash: 'none', mark: circle },
  { light: '#b3400d', dark: '#ffa657', dash: '8 4', mark: square },
  { light: '#2c7a36', dark: '#7ee787', dash: '2 4', mark: triangle },
] as const

interface Place {
  readonly x: number
  readonly y: number
}

/** From multiples of the capacity to pixels. */
type Scale = (offered: number, goodput: number) => Place

/** At most three lines: more have no look of their own, which is a RangeError. */
export function goodputPicture(title: string, lines: readonly PictureLine[]): string {
  if (lines.length > LOOKS.length) throw new RangeError(`a picture has room for ${LOOKS.length} servers`)
  const points = lines.flatMap((line) => line.points)
  const widest = ceilTo(Math.max(1, ...points.map(({ offered }) => offered)), STEP.x)
  const highest = ceilTo(Math.max(LEAST_HEIGHT, ...points.map(({ goodput }) => goodput)), STEP.y)
  const scale: Scale = (offered, goodput) => ({
    x: round(PLOT.left + (offered / widest) * (PLOT.right - PLOT.left)),
    y: round(PLOT.bottom - (goodput / highest) * (PLOT.bottom - PLOT.top)),
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escapeText(title)}</title>`,
    `<desc id="description">${escapeText(description(lines))}</desc>`,
    styleText(),
    `<rect class="paper" width="${SIZE.width}" height="${SIZE.height}"/>`,
    `<text class="head" x="${PLOT.left}" y="28">${escapeText(title)}</text>`,
    ...axes(scale, widest, highest),
    ideal(scale, widest),
    ...lines.flatMap((line, place) => [...curve(line, place, scale), ...legend(line.name, place)]),
    '</svg>\n',
  ].join('\n')
}

/** What the picture shows, for those who do not see it. */
function description(lines: readonly PictureLine[]): string {
  const texts = lines.map(({ name, points }) => {
    const pairs = points.map(({ offered, goodput }) => `${goodput.toFixed(2)} at ${offered.toFixed(2)}`)
    return `${name}: ${pairs.join(', ')}.`
  })
  return `Goodput at each offered load, both as multiples of the capacity of the server. ${texts.join(' ')}`
}

function styleText(): string {
  const colours = (shade: 'light' | 'dark') =>
    LOOKS.map((look, place) => `.line${place}{stroke:${look[shade]}}.mark${place}{fill:${look[shade]}}`).join('')
  return [
    '<style>',
    'text{font:13px system-ui,sans-serif;fill:#1f2328}.head{font-size:16px;font-weight:600}.paper{fill:#fff}',
    '.grid{stroke:#d1d9e0}.axis{stroke:#1f2328}.ideal{stroke:#818b98;stroke-dasharray:1 5;fill:none}',
    `.line{fill:none;stroke-width:2.5}${colours('light')}`,
    '@media (prefers-color-scheme:dark){',
    'text{fill:#f0f6fc}.paper{fill:#0d1117}.grid{stroke:#30363d}.axis{stroke:#f0f6fc}',
    `${colours('dark')}}`,
    '</style>',
  ].join('\n')
}

function axes(scale: Scale, widest: number, highest: number): string[] {
  const across = marksTo(highest, STEP.y).flatMap((value) => {
    const { x, y } = scale(0, value)
    return [
      `<path class="grid" d="M${x} ${y}H${PLOT.right}"/>`,
      `<text x="${x - 10}" y="${y + 4}" text-anchor="end">${value.toFixed(1)}</text>`,
    ]
  })
  const along = marksTo(widest, STEP.x).map((value) => {
    const { x, y } = scale(value, 0)
    return `<text x="${x}" y="${y + 20}" text-anchor="middle">${value.toFixed(1)}</text>`
  })
  const middle = { x: (PLOT.left + PLOT.right) / 2, y: (PLOT.top + PLOT.bottom) / 2 }
  return [
    ...across,
    ...along,
    `<path class="axis" fill="none" d="M${PLOT.left} ${PLOT.top}V${PLOT.bottom}H${PLOT.right}"/>`,
    `<text x="${middle.x}" y="${PLOT.bottom + 46}" text-anchor="middle">offered load ÷ capacity</text>`,
    `<text transform="translate(22 ${middle.y}) rotate(-90)" text-anchor="middle">goodput ÷ capacity</text>`,
  ]
}

/** What a server would do that loses nothing up to its capacity, and nothing above it. */
function ideal(scale: Scale, widest: number): string {
  return `<path class="ideal" d="${pathOf([scale(0, 0), scale(1, 1), scale(widest, 1)])}"/>`
}

function curve({ points }: PictureLine, place: number, scale: Scale): string[] {
  const places = points.map(({ offered, goodput }) => scale(offered, goodput))
  const { dash, mark } = lookOf(place)
  return [
    `<path class="line line${place}" stroke-dasharray="${dash}" d="${pathOf(places)}"/>`,
    ...places.map((at) => mark(at, `mark${place}`)),
  ]
}

function legend(name: string, place: number): string[] {
  const at = { x: PLOT.left + place * ((PLOT.right - PLOT.left) / LOOKS.length), y: 54 }
  const { dash, mark } = lookOf(place)
  return [
    `<path class="line line${place}" stroke-dasharray="${dash}" d="M${at.x} ${at.y}h30"/>`,
    mark({ x: at.x + 15, y: at.y }, `mark${place}`),
    `<text x="${at.x + 38}" y="${at.y + 4}">${escapeText(name)}</text>`,
  ]
}

function lookOf(place: number): (typeof LOOKS)[number] {
  return LOOKS[place] ?? LOOKS[0]
}

function pathOf(places: readonly Place[]): string {
  return places.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('')
}

function circle({ x, y }: Place, name: string): string {
  return `<circle class="${name}" cx="${x}" cy="${y}" r="4.5"/>`
}

function square({ x, y }: Place, name: string): string {
  return `<rect class="${name}" x="${round(x - 4)}" y="${round(y - 4)}" width="8" height="8"/>`
}

function triangle({ x, y }: Place, name: string): string {
  return `<path class="${name}" d="M${x} ${round(y - 5)}l5 9h-10z"/>`
}

/** From 0 to `end`, both included. */
function marksTo(end: number, step: number): number[] {
  return Array.from({ length: Math.round(end / step) + 1 }, (_, i) => i * step)
}

function ceilTo(value: number, step: number): number {
  return Math.ceil(round(value / step)) * step
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
