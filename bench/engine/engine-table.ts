/** Writes the figures of an engine as Markdown. */
import { readFileSync } from 'node:fs'
import { profileTables } from '../cpu-profile.ts'
import { spanText } from '../figures-table.ts'
import { median } from '../median.ts'
import type { Scenario } from './calls.ts'
import type { RoundPair } from './engine-process.ts'
import type { EngineProfile } from './engine-profile.ts'
import type { Part, Round } from './rounds.ts'

/** The figures of one scenario and one checkout. */
export interface Measured {
  readonly scenario: Scenario
  readonly root: string
  readonly rounds: RoundPair[]
  readonly packets: Part[]
  /** Empty for another checkout. */
  readonly stages: Part[]
  profile?: EngineProfile
}

/** The figures that are compared: of a call, without the bench's share. */
const COMPARED = [
  ['CPU ns per call', 'nanoseconds'],
  ['heap bytes per call', 'heapBytes'],
  ['external bytes per call', 'externalBytes'],
] as const

type Figure = (typeof COMPARED)[number][1]

export function scenarioText(measured: Measured): string {
  const { scenario, rounds, packets, profile } = measured
  const [calls = 0] = rounds.map(({ round }) => round.calls)
  const rows = COMPARED.map(([title, figure]) => {
    const share = rounds.map(({ empty }) => empty[figure] / empty.calls)
    return `| ${title} | ${spanText(own(measured, figure), 0)} | ${spanText(share, 0)} |`
  })
  const collected = (['scavenges', 'scavengeMs', 'markSweeps', 'markSweepMs'] as const).map((figure) => {
    const [title, digits] = COLLECTIONS[figure]
    const text = (side: readonly Round[]) =>
      spanText(
        side.map((round) => round[figure]),
        digits,
      )
    return `| ${title} per round | ${text(rounds.map(({ round }) => round))} | ${text(rounds.map(({ empty }) => empty))} |`
  })
  const head = `| ${scenario}: ${rounds.length} rounds of ${calls} calls | the product | the bench itself, subtracted |\n|---|---|---|`
  const tables = [[head, ...rows, ...collected].join('\n'), partsTable('packet', packets), stagesText(measured)]
  if (profile) tables.push(`Profile: ${profile.file}`, profileTables(readFileSync(profile.file, 'utf8'), profile))
  return tables.filter((table) => table !== '').join('\n\n')
}

const COLLECTIONS = {
  scavenges: ['scavenges', 0],
  scavengeMs: ['ms of scavenges', 1],
  markSweeps: ['mark-sweeps', 0],
  markSweepMs: ['ms of mark-sweeps and marking', 1],
} as const

/** Each round's figure per call, without the bench's share beside it. */
function own({ rounds }: Measured, figure: Figure): number[] {
  return rounds.map(({ round, empty }) => round[figure] / round.calls - empty[figure] / empty.calls)
}

function partsTable(title: string, parts: readonly Part[]): string {
  const number = (value: number) => Math.round(value).toLocaleString('en')
  const rows = parts.map(
    ({ name, nanoseconds, heapBytes }) => `| ${name} | ${number(nanoseconds)} | ${number(heapBytes)} |`,
  )
  const sum = (figure: 'nanoseconds' | 'heapBytes') => parts.reduce((total, part) => total + part[figure], 0)
  rows.push(`| sum | ${number(sum('nanoseconds'))} | ${number(sum('heapBytes'))} |`)
  return [`| ${title} | ns | heap bytes |\n|---|---|---|`, ...rows].join('\n')
}

/** The stages of the INVITE, and what is left of it. */
function stagesText({ packets: [invite], stages }: Measured): string {
  if (invite === undefined || stages.length === 0) return ''
  const rest = { name: 'the rest', nanoseconds: invite.nanoseconds, heapBytes: invite.heapBytes }
  for (const { nanoseconds, heapBytes } of stages) {
    rest.nanoseconds -= nanoseconds
    rest.heapBytes -= heapBytes
  }
  return partsTable('stage of the INVITE', [...stages, rest])
}

/** The figures of two checkouts side by side, and the ratios of their medians. */
export function comparisonText(here: Measured, there: Measured): string {
  const rows = COMPARED.map(([title, figure]) => {
    const [ours, theirs] = [own(here, figure), own(there, figure)]
    return row(title, [ours, theirs])
  })
  const packets = here.packets.flatMap((packet) => {
    const other = there.packets.find(({ name }) => name === packet.name)
    return other ? [row(`ns, ${packet.name}`, [[packet.nanoseconds], [other.nanoseconds]])] : []
  })
  const head = `| ${here.scenario} | here | ${there.root} | ratio of medians |\n|---|---|---|---|`
  return [head, ...rows, ...packets].join('\n')
}

function row(title: string, [ours, theirs]: readonly [readonly number[], readonly number[]]): string {
  const ratio = (median(ours) / median(theirs)).toFixed(3)
  return `| ${title} | ${spanText(ours, 0)} | ${spanText(theirs, 0)} | ${ratio} |`
}
