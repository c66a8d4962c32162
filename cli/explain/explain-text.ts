/** The report of `explain` as text for people. */
import { limitLines } from './explain-limits.ts'
import type { BackendShare, ExplainReport, Wire } from './explain-report.ts'

/** The report in sections, each with a heading. Empty sections are left out. The text ends with a line break. */
export function explainText(report: ExplainReport): string {
  const { call, trunks, rules, findings, outcome, reason, wire, onCluster } = report
  const sections = [
    [
      `INVITE ${call.requestUri} from ${call.source} by ${call.transport}`,
      ...(call.at === undefined ? [] : [`at ${call.at}`]),
      ...(call.judgedSource === undefined ? [] : [`behind a trusted proxy, judged source: ${call.judgedSource}`]),
      ...numberLines(report),
    ],
    section('trunks', standingLines(trunks.shown), more(trunks.leftOut, 'trunks that are further off')),
    section(
      'rules of the trunk, in their order',
      standingLines(rules.shown),
      more(rules.leftOut, 'rules that are further off'),
    ),
    section(
      'objects with a problem',
      findings.shown.map(({ object, message }) => `${object}: ${message}`),
      more(findings.leftOut, 'problems: run lint'),
    ),
    section('backends, in the order in which they are tried', report.backends.flatMap(backendLines)),
    section('backends that the pod passes over: they come after all others', passedOverLines(report.passedOver)),
    section('the request to the backend', requestLines(report.request)),
    section('limits, which one call alone does not reach', limitLines(report.limits)),
    section('decision', [`${outcome}: ${reason}`]),
    section('on the wire', wireLines(wire)),
    section(
      report.backends.some(({ lookUp }) => lookUp)
        ? 'on the wire where the backends have addresses'
        : 'on the wire of a cluster where a Service has a ready endpoint',
      onCluster ? wireLines(onCluster.wire) : [],
    ),
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n')
}

function section(heading: string, lines: readonly string[], rest: readonly string[] = []): string[] {
  const all = [...lines, ...rest]
  return all.length === 0 ? [] : [heading, ...all.map((line) => `  ${line}`)]
}

function numberLines({ called, calling }: ExplainReport): string[] {
  return [
    ...(called === undefined ? [] : [`called number: ${called || '(none)'}`]),
    ...(calling === undefined ? [] : [`calling number: ${calling || '(none)'}`]),
  ]
}

interface Line {
  readonly name: string
  readonly standing: string
  readonly reason: string
  readonly priority?: number
}

/** One line for each trunk or rule. The chosen one has a mark. A priority is shown if it differs from the default, 0. */
function standingLines(lines: readonly Line[]): string[] {
  const width = Math.max(0, ...lines.map(({ name }) => name.length))
  return lines.map(({ name, standing, reason, priority = 0 }) => {
    const mark = standing === 'chosen' || standing === 'wins' ? '*' : ' '
    return `${mark} ${name.padEnd(width)}  ${reason}${priority === 0 ? '' : ` (priority ${priority})`}`
  })
}

function more(count: number, what: string): string[] {
  return count === 0 ? [] : [`and ${count} more ${what}`]
}

const SERVICE = ': a Service, whose endpoints are known on a cluster only'

function backendLines({ name, service, lookUp, tier, weight, share }: BackendShare): string[] {
  const load = weight === 0 ? 'weight 0: takes no calls' : `weight ${weight}, ${share} % of the tier's calls`
  const line = `tier ${tier}: ${name} (${load})${service ? SERVICE : ''}`
  if (lookUp === undefined) return [line]
  const { servers, leftOut, ttlSeconds, fault } = lookUp
  if (fault !== undefined) return [`${line}: the name does not resolve from here: ${fault}`]
  const rest = leftOut === 0 ? [] : [`  and ${leftOut} more`]
  return [`${line}, looked up just now, to be kept ${ttlSeconds} s:`, ...servers.map((text) => `  ${text}`), ...rest]
}

function passedOverLines(passedOver: ExplainReport['passedOver']): string[] {
  if (passedOver?.length === 0) return ['none']
  return (passedOver ?? []).map(({ backend, address, reason, retryInMs }) => {
    const next = retryInMs === undefined ? '' : `; the next call tries it in ${Math.ceil(retryInMs / 1000)} s`
    return `${backend} at ${address}: ${reason}${next}`
  })
}

function requestLines(request: ExplainReport['request']): string[] {
  if (request === undefined) return []
  const { user, set, removed } = request
  return [
    ...(user === undefined ? [] : [`Request-URI user: ${user}`]),
    ...set.map((header) => `set ${header}`),
    ...(removed.length === 0 ? [] : [`removed ${removed.join(', ')}`]),
  ]
}

function wireLines({ response, everyBackendFails }: Wire): string[] {
  if (response.length === 0) return ['nothing: silence']
  if (everyBackendFails === undefined) return [...response]
  return [
    ...response,
    'then what the backend says; if every backend fails, the best of their responses, or',
    ...everyBackendFails,
  ]
}
